import type {
  BlockNode,
  CallBlockNode,
  CallNode,
  Expression,
  ForNode,
  IfNode,
  MacroNode,
  OutputNode,
  Parameter,
  SetBlockNode,
  SetNode,
  Statement,
  WithNode,
} from '../ast.ts';
import { syntaxError } from '../errors.ts';
import { MAX_TEMPLATE_LENGTH } from '../limits.ts';
import { ExpressionParser } from './expression-parser.ts';
import { tokenize } from './lexer.ts';
import { TargetParser } from './target-parser.ts';
import { TokenStream } from './token-stream.ts';

/** Tags that load other templates, and tags that need an extension of jinja2: neither exists for chat templates. */
const unsupported: ReadonlySet<string> = new Set([
  'extends',
  'include',
  'import',
  'from',
  'trans',
  'autoescape',
]);

/**
 * Parses a template.
 * @param source with newlines as `normalized` leaves them
 * @throws OllamaError `invalid-request` with the line and column of the tag
 */
export function parseTemplate(source: string): Statement[] {
  if (source.length > MAX_TEMPLATE_LENGTH) {
    throw syntaxError(source, 0, `it has ${source.length} characters; the maximum is ${MAX_TEMPLATE_LENGTH}`);
  }
  return new Parser(source).parse();
}

class Parser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;
  readonly #targets: TargetParser;
  /** How many loops the tag is in, without a macro between them. */
  #loops = 0;

  constructor(source: string) {
    this.#tokens = new TokenStream(source, tokenize(source));
    this.#expressions = new ExpressionParser(this.#tokens);
    this.#targets = new TargetParser(this.#tokens, this.#expressions);
  }

  parse(): Statement[] {
    const statements: Statement[] = [];
    while (!this.#tokens.is('end')) statements.push(...this.#statement());
    return statements;
  }

  /** The statements up to a tag with one of these names, which stays. */
  #body(...ends: string[]): Statement[] {
    this.#tokens.skip('operator', ':');
    this.#tokens.expect('tag-end');
    return this.#expressions.nested(() => {
      const statements: Statement[] = [];
      while (!this.#isEnd(ends)) {
        if (this.#tokens.is('end')) {
          throw this.#tokens.error(`unexpected end of template, expected ${ends.join(' or ')}`);
        }
        statements.push(...this.#statement());
      }
      this.#tokens.next();
      return statements;
    });
  }

  /** As `body`, with the name of its end read. */
  #closed(end: string): Statement[] {
    const body = this.#body(end);
    this.#tokens.next();
    return body;
  }

  #isEnd(ends: readonly string[]): boolean {
    const { following } = this.#tokens;
    return this.#tokens.is('tag-begin') && following.kind === 'name' && ends.includes(following.text);
  }

  #statement(): Statement[] {
    const { kind, text, offset } = this.#tokens.next();
    if (kind === 'text') return [{ kind: 'output', parts: [text], offset }];
    if (kind === 'output-begin') {
      const output: OutputNode = { kind: 'output', parts: [this.#expressions.tuple()], offset };
      this.#tokens.expect('output-end');
      return [output];
    }
    const statement = this.#tag(offset);
    this.#tokens.expect('tag-end');
    return [statement];
  }

  #tag(offset: number): Statement {
    const name = this.#tokens.expect('name').text;
    switch (name) {
      case 'if':
        return this.#if(offset);
      case 'for':
        return this.#for(offset);
      case 'set':
        return this.#set(offset);
      case 'macro':
        return this.#macro(offset);
      case 'call':
        return this.#callBlock(offset);
      case 'generation':
        return { kind: 'call-block', parameters: [], body: this.#apart('endgeneration'), offset };
      case 'filter':
        return this.#filterBlock(offset);
      case 'with':
        return this.#with(offset);
      case 'block':
        return this.#block(offset);
      case 'print':
        return this.#print(offset);
      case 'do':
        return { kind: 'do', value: this.#expressions.tuple(), offset };
      case 'break':
      case 'continue':
        if (this.#loops === 0) throw this.#tokens.error(`${name} is outside of a loop`, offset);
        return { kind: name, offset };
      default:
        if (unsupported.has(name)) throw this.#tokens.error(`the tag ${name} is not supported`, offset);
        throw this.#tokens.error(`unknown tag ${JSON.stringify(name)}`, offset);
    }
  }

  /** The body of a macro, in which `break` has no loop. */
  #apart(end: string): Statement[] {
    const loops = this.#loops;
    this.#loops = 0;
    const body = this.#closed(end);
    this.#loops = loops;
    return body;
  }

  #if(offset: number): IfNode {
    const branches: IfNode['branches'][number][] = [];
    let otherwise: Statement[] = [];
    for (let at = offset; ; at = this.#tokens.current.offset) {
      const condition = this.#expressions.tuple({ hasCondition: false });
      const body = this.#body('elif', 'else', 'endif');
      branches.push({ condition, body, offset: at });
      const end = this.#tokens.next().text;
      if (end === 'elif') continue;
      if (end === 'else') otherwise = this.#closed('endif');
      return { kind: 'if', branches, otherwise, offset };
    }
  }

  #for(offset: number): ForNode {
    const target = this.#targets.tuple('in');
    this.#tokens.expect('name', 'in');
    const iterable = this.#expressions.tuple({ hasCondition: false, end: 'recursive' });
    const condition = this.#tokens.skip('name', 'if') ? this.#expressions.expression() : undefined;
    const isRecursive = this.#tokens.skip('name', 'recursive');
    this.#loops++;
    const body = this.#body('endfor', 'else');
    this.#loops--;
    const hasElse = this.#tokens.next().text === 'else';
    const otherwise = hasElse ? this.#closed('endfor') : [];
    return {
      kind: 'for',
      target,
      iterable,
      ...(condition && { condition }),
      isRecursive,
      body,
      otherwise,
      offset,
    };
  }

  #set(offset: number): SetNode | SetBlockNode {
    const target = this.#targets.tuple(undefined, true);
    if (this.#tokens.skip('operator', '=')) {
      return { kind: 'set', target, value: this.#expressions.tuple(), offset };
    }
    let filter: SetBlockNode['filter'];
    while (this.#tokens.skip('operator', '|')) filter = this.#expressions.postfix.filter(filter);
    return { kind: 'set-block', target, ...(filter && { filter }), body: this.#closed('endset'), offset };
  }

  #with(offset: number): WithNode {
    const assignments: WithNode['assignments'][number][] = [];
    while (!this.#tokens.is('tag-end')) {
      if (assignments.length > 0) this.#tokens.expect('operator', ',');
      const target = this.#targets.tuple();
      this.#tokens.expect('operator', '=');
      assignments.push([target, this.#expressions.expression()]);
    }
    return { kind: 'with', assignments, body: this.#closed('endwith'), offset };
  }

  #parameters(): Parameter[] {
    const parameters: Parameter[] = [];
    this.#tokens.expect('operator', '(');
    while (!this.#tokens.isOperator(')')) {
      if (parameters.length > 0) this.#tokens.expect('operator', ',');
      const name = this.#targets.name();
      if (parameters.some((parameter) => parameter.name === name)) {
        throw this.#tokens.error(`the parameter ${name} appears twice`);
      }
      const standard = this.#tokens.skip('operator', '=') ? this.#expressions.expression() : undefined;
      if (!standard && parameters.at(-1)?.standard) {
        throw this.#tokens.error('a parameter without a default follows one with a default');
      }
      parameters.push({ name, ...(standard && { standard }) });
    }
    this.#tokens.expect('operator', ')');
    return parameters;
  }

  #macro(offset: number): MacroNode {
    const name = this.#targets.name();
    return { kind: 'macro', name, parameters: this.#parameters(), body: this.#apart('endmacro'), offset };
  }

  #callBlock(offset: number): CallBlockNode {
    const parameters = this.#tokens.isOperator('(') ? this.#parameters() : [];
    const call: Expression = this.#expressions.expression();
    if (!isCall(call)) throw this.#tokens.error('expected a call', offset);
    return { kind: 'call-block', call, parameters, body: this.#apart('endcall'), offset };
  }

  #filterBlock(offset: number): Statement {
    let filter = this.#expressions.postfix.filter(undefined);
    while (this.#tokens.skip('operator', '|')) filter = this.#expressions.postfix.filter(filter);
    return { kind: 'filter-block', filter, body: this.#closed('endfilter'), offset };
  }

  #block(offset: number): BlockNode {
    const name = this.#tokens.expect('name').text;
    this.#tokens.skip('name', 'scoped');
    const body = this.#apart('endblock');
    this.#tokens.skip('name', name);
    return { kind: 'block', body, offset };
  }

  #print(offset: number): OutputNode {
    const parts: Expression[] = [];
    while (!this.#tokens.is('tag-end')) {
      if (parts.length > 0) this.#tokens.expect('operator', ',');
      parts.push(this.#expressions.expression());
    }
    return { kind: 'output', parts, offset };
  }
}

function isCall(node: Expression): node is CallNode {
  return node.kind === 'call';
}

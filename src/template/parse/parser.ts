import type {
  BranchNode,
  JumpNode,
  ListNode,
  PipeNode,
  Position,
  StatementNode,
  TemplateNode,
} from '../ast.ts';
import { templateError } from '../errors.ts';
import { MAX_NESTING, MAX_TEMPLATE_LENGTH } from '../limits.ts';
import { ExpressionParser } from './expression-parser.ts';
import type { Token } from './token.ts';
import { TokenStream, unexpected } from './token-stream.ts';
import { unquoteString } from './unquote.ts';

export interface ParsedTemplate {
  readonly root: ListNode;
  /** The templates that `define` and `block` define, by name. */
  readonly definitions: ReadonlyMap<string, ListNode>;
}

/** What ends a list of statements. */
interface ListEnd {
  readonly keyword: 'end' | 'else';
  readonly position: Position;
}

/** @throws OllamaError `invalid-request` with line and column */
export function parseTemplate(text: string, isFunction: (name: string) => boolean): ParsedTemplate {
  if (text.length > MAX_TEMPLATE_LENGTH) {
    throw templateError({ line: 1, column: 1 }, `it is longer than ${MAX_TEMPLATE_LENGTH} characters`);
  }
  return new Parser(text, isFunction).parse();
}

class Parser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;
  readonly #definitions = new Map<string, ListNode>();
  /** Definitions with content; looking at all of it again for each definition would take quadratic time. */
  readonly #filled = new Set<string>();
  #ranges = 0;
  #nesting = 0;

  constructor(text: string, isFunction: (name: string) => boolean) {
    this.#tokens = new TokenStream(text);
    this.#expressions = new ExpressionParser(this.#tokens, isFunction);
  }

  parse(): ParsedTemplate {
    const { position } = this.#tokens.peek();
    const nodes: StatementNode[] = [];
    while (this.#tokens.peek().kind !== 'end') {
      if (this.#isDefinition()) {
        this.#define();
        continue;
      }
      const node = this.#statement();
      if ('keyword' in node) throw templateError(node.position, `unexpected {{${node.keyword}}}`);
      nodes.push(node);
    }
    return { root: { kind: 'list', position, nodes }, definitions: this.#definitions };
  }

  #isDefinition(): boolean {
    if (this.#tokens.peek().kind !== 'left-delimiter') return false;
    const places = this.#tokens.ahead(1).kind === 'space' ? 2 : 1;
    const { kind, text } = this.#tokens.ahead(places);
    return kind === 'keyword' && text === 'define';
  }

  #define(): void {
    this.#tokens.next();
    this.#tokens.nextNonSpace();
    const name = this.#name(this.#tokens.nextNonSpace(), 'define clause');
    this.#tokens.expect('right-delimiter', 'define clause');
    this.#addDefinition(name, this.#body('define clause'));
  }

  /** The statements of a template that `define` or `block` defines. */
  #body(context: string): ListNode {
    const ranges = this.#ranges;
    this.#ranges = 0;
    const { list, end } = this.#expressions.isolated(() => this.#list());
    this.#ranges = ranges;
    if (end.keyword !== 'end') throw templateError(end.position, `unexpected {{else}} in ${context}`);
    return list;
  }

  /** A template may be defined twice only if one of the definitions is blank. */
  #addDefinition(name: string, list: ListNode): void {
    const isFilled = !isBlank(list);
    if (this.#filled.has(name)) {
      if (!isFilled) return;
      throw templateError(list.position, `multiple definition of template ${JSON.stringify(name)}`);
    }
    if (isFilled) this.#filled.add(name);
    this.#definitions.set(name, list);
  }

  #name(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw-string') throw unexpected(token, context);
    const name = unquoteString(token.text);
    if (name === undefined) throw templateError(token.position, 'bad string');
    return name;
  }

  #list(): { list: ListNode; end: ListEnd } {
    const { position } = this.#tokens.peekNonSpace();
    if (++this.#nesting > MAX_NESTING) throw templateError(position, 'too many nested actions');
    const nodes: StatementNode[] = [];
    for (;;) {
      const node = this.#statement();
      if ('keyword' in node) {
        this.#nesting--;
        return { list: { kind: 'list', position, nodes }, end: node };
      }
      nodes.push(node);
    }
  }

  #statement(): StatementNode | ListEnd {
    const token = this.#tokens.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', position: token.position, text: token.text };
    if (token.kind !== 'left-delimiter') throw unexpected(token, 'input');
    return this.#action();
  }

  #action(): StatementNode | ListEnd {
    const token = this.#tokens.peekNonSpace();
    if (token.kind !== 'keyword') {
      const pipe = this.#expressions.pipeline('command', 'right-delimiter');
      return { kind: 'action', position: token.position, pipe };
    }
    this.#tokens.next();
    const { position } = token;
    switch (token.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(token.text, position);
      case 'break':
      case 'continue':
        return this.#jump(token.text, position);
      case 'template':
        return this.#template(position);
      case 'block':
        return this.#block(position);
      case 'end':
        this.#tokens.expect('right-delimiter', 'end');
        return { keyword: 'end', position };
      case 'else':
        return this.#else(position);
      default:
        throw unexpected(token, 'command');
    }
  }

  /** `{{else if}}` and `{{else with}}` leave their keyword to the branch that they continue. */
  #else(position: Position): ListEnd {
    const { kind, text } = this.#tokens.peekNonSpace();
    const isChained = kind === 'keyword' && (text === 'if' || text === 'with');
    if (!isChained) this.#tokens.expect('right-delimiter', 'else');
    return { keyword: 'else', position };
  }

  #branch(kind: BranchNode['kind'], position: Position): BranchNode {
    const variables = this.#expressions.variables;
    const pipe = this.#expressions.pipeline(kind, 'right-delimiter');
    if (kind === 'range') this.#ranges++;
    const { list, end } = this.#list();
    if (kind === 'range') this.#ranges--;
    const otherwise = end.keyword === 'else' ? this.#otherwise(kind) : undefined;
    this.#expressions.dropVariables(variables);
    return { kind, position, pipe, list, ...(otherwise && { otherwise }) };
  }

  #otherwise(kind: BranchNode['kind']): ListNode {
    const next = this.#tokens.peek();
    if (kind !== 'range' && next.kind === 'keyword' && next.text === kind) {
      this.#tokens.next();
      if (++this.#nesting > MAX_NESTING) throw templateError(next.position, 'too many nested actions');
      const chained = this.#branch(kind, next.position);
      this.#nesting--;
      return { kind: 'list', position: next.position, nodes: [chained] };
    }
    const { list, end } = this.#list();
    if (end.keyword !== 'end') throw templateError(end.position, 'expected {{end}}, found {{else}}');
    return list;
  }

  #jump(kind: JumpNode['kind'], position: Position): JumpNode {
    this.#tokens.expect('right-delimiter', `{{${kind}}}`);
    if (this.#ranges === 0) throw templateError(position, `{{${kind}}} outside {{range}}`);
    return { kind, position };
  }

  #template(position: Position): TemplateNode {
    const name = this.#name(this.#tokens.nextNonSpace(), 'template clause');
    if (this.#tokens.peekNonSpace().kind === 'right-delimiter') {
      this.#tokens.next();
      return { kind: 'template', position, name };
    }
    const pipe = this.#expressions.pipeline('template clause', 'right-delimiter');
    return { kind: 'template', position, name, pipe };
  }

  /** Defines a template and executes it. */
  #block(position: Position): TemplateNode {
    const name = this.#name(this.#tokens.nextNonSpace(), 'block clause');
    const pipe: PipeNode = this.#expressions.pipeline('block clause', 'right-delimiter');
    this.#addDefinition(name, this.#body('block clause'));
    return { kind: 'template', position, name, pipe };
  }
}

function isBlank({ nodes }: ListNode): boolean {
  return nodes.every((node) => {
    if (node.kind === 'text') return node.text.trim() === '';
    return node.kind === 'list' && isBlank(node);
  });
}

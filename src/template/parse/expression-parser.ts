import type { CommandNode, OperandNode, PipeNode, Position } from '../ast.ts';
import { templateError } from '../errors.ts';
import { MAX_NESTING } from '../limits.ts';
import { DeclaredVariables } from './declared-variables.ts';
import { numberLiteral } from './number-literal.ts';
import type { Token, TokenKind } from './token.ts';
import { type TokenStream, unexpected } from './token-stream.ts';
import { unquoteString } from './unquote.ts';

const operandKinds: ReadonlySet<TokenKind> = new Set([
  'boolean',
  'character-constant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw-string',
  'string',
  'variable',
  'left-parenthesis',
]);

/** Operands that may stand only at the start of a pipeline, because they take no argument. */
const notExecutable: ReadonlySet<OperandNode['kind']> = new Set(['literal', 'dot', 'nil']);

/** Parses pipelines, commands and operands, and keeps track of the variables in scope. */
export class ExpressionParser {
  readonly #tokens: TokenStream;
  readonly #isFunction: (name: string) => boolean;
  #variables = new DeclaredVariables();
  #nesting = 0;

  constructor(tokens: TokenStream, isFunction: (name: string) => boolean) {
    this.#tokens = tokens;
    this.#isFunction = isFunction;
  }

  get variables(): number {
    return this.#variables.size;
  }

  /** Drops all variables except the first `count`. */
  dropVariables(count: number): void {
    this.#variables.drop(count);
  }

  /** Runs `read` with `$` as the only variable, as in a separate template. */
  isolated<T>(read: () => T): T {
    const outer = this.#variables;
    this.#variables = new DeclaredVariables();
    const result = read();
    this.#variables = outer;
    return result;
  }

  /** Parses a pipeline up to and including the token that ends it. */
  pipeline(context: string, endKind: 'right-delimiter' | 'right-parenthesis'): PipeNode {
    const { position } = this.#tokens.peekNonSpace();
    const { declared, isAssignment } = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#tokens.peekNonSpace();
      if (token.kind === endKind) break;
      if (!operandKinds.has(token.kind)) throw unexpected(token, context);
      commands.push(this.#command());
    }
    this.#tokens.next();
    if (commands.length === 0) throw templateError(position, `missing value for ${context}`);
    const misplaced = commands
      .slice(1)
      .find(({ operands: [first] }) => first && notExecutable.has(first.kind));
    if (misplaced) throw templateError(misplaced.position, '"|" must be followed by a function, not a value');
    return { kind: 'pipe', position, declared, isAssignment, commands };
  }

  #declarations(context: string): Pick<PipeNode, 'declared' | 'isAssignment'> {
    const declared: string[] = [];
    while (this.#tokens.peekNonSpace().kind === 'variable') {
      const mark = this.#tokens.mark();
      const variable = this.#tokens.next();
      const after = this.#tokens.peekNonSpace();
      const isComma = after.kind === 'character' && after.text === ',';
      if (!isComma && after.kind !== 'assign' && after.kind !== 'declare') {
        this.#tokens.rewind(mark);
        break;
      }
      this.#tokens.next();
      declared.push(variable.text);
      this.#variables.push(variable.text);
      if (!isComma) return { declared, isAssignment: after.kind === 'assign' };
      this.#requireSecond(context, declared.length, after);
    }
    return { declared, isAssignment: false };
  }

  /** Only `range` can declare two variables. */
  #requireSecond(context: string, count: number, comma: Token): void {
    if (context !== 'range' || count > 1) {
      throw templateError(comma.position, `too many declarations in ${context}`);
    }
    const { kind, position } = this.#tokens.peekNonSpace();
    if (['variable', 'right-delimiter', 'right-parenthesis'].includes(kind)) return;
    throw templateError(position, 'range can only initialize variables');
  }

  /** Parses operands separated by spaces, up to a `|` (which is consumed) or the end of the pipeline (which is not). */
  #command(): CommandNode {
    const { position } = this.#tokens.peekNonSpace();
    const operands: OperandNode[] = [];
    for (;;) {
      this.#tokens.skipSpace();
      const operand = this.#operand();
      if (operand) operands.push(operand);
      const token = this.#tokens.peek();
      if (token.kind === 'right-delimiter' || token.kind === 'right-parenthesis') break;
      this.#tokens.next();
      if (token.kind === 'pipe') break;
      if (token.kind !== 'space') throw unexpected(token, 'operand');
    }
    if (operands.length === 0) throw templateError(position, 'empty command');
    return { kind: 'command', position, operands };
  }

  #operand(): OperandNode | undefined {
    const term = this.#term();
    const fields: string[] = [];
    const { position } = this.#tokens.peek();
    if (!term) return undefined;
    while (this.#tokens.peek().kind === 'field') fields.push(this.#tokens.next().text.slice(1));
    return fields.length === 0 ? term : withFields(term, fields, position);
  }

  #term(): OperandNode | undefined {
    const token = this.#tokens.peek();
    if (!operandKinds.has(token.kind)) return undefined;
    this.#tokens.next();
    const { position, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.#isFunction(text))
          throw templateError(position, `function ${JSON.stringify(text)} not defined`);
        return { kind: 'identifier', position, name: text };
      case 'dot':
        return { kind: 'dot', position };
      case 'nil':
        return { kind: 'nil', position };
      case 'variable':
        if (!this.#variables.has(text)) {
          throw templateError(position, `undefined variable ${JSON.stringify(text)}`);
        }
        return { kind: 'variable', position, name: text, fields: [] };
      case 'field':
        return { kind: 'field', position, names: [text.slice(1)] };
      case 'left-parenthesis':
        return this.#parenthesized(position);
      default:
        return { kind: 'literal', position, value: literalValue(token), source: text };
    }
  }

  #parenthesized(position: Position): PipeNode {
    if (++this.#nesting > MAX_NESTING) throw templateError(position, 'too many nested parentheses');
    const pipe = this.pipeline('parenthesized pipeline', 'right-parenthesis');
    this.#nesting--;
    return pipe;
  }
}

function literalValue({ kind, text, position }: Token): string | boolean | bigint | number {
  if (kind === 'boolean') return text === 'true';
  const isString = kind === 'string' || kind === 'raw-string';
  const value = isString ? unquoteString(text) : numberLiteral(text);
  if (value === undefined)
    throw templateError(position, `bad ${isString ? 'string' : 'number'}: ${text.slice(0, 40)}`);
  if (!isString && value === 'overflow') throw templateError(position, `${text} overflows int`);
  return value;
}

function withFields(term: OperandNode, fields: readonly string[], position: Position): OperandNode {
  switch (term.kind) {
    case 'field':
      return { ...term, names: [...term.names, ...fields] };
    case 'variable':
      return { ...term, fields: [...term.fields, ...fields] };
    case 'literal':
    case 'nil':
    case 'dot':
      throw templateError(position, 'unexpected "." after a value');
    default:
      return { kind: 'chain', position, operand: term, fields };
  }
}

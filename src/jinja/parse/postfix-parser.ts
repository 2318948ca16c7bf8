import type { ArgumentNodes, Expression, FilterNode, TestNode } from '../ast.ts';
import { MAX_NESTING } from '../limits.ts';
import { ArgumentCollector } from './argument-collector.ts';
import type { ExpressionParser } from './expression-parser.ts';
import { floatLiteral, integerLiteral } from './number-literal.ts';
import type { TokenStream } from './token-stream.ts';

const constants: ReadonlyMap<string, null | boolean> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
const noArguments: ArgumentNodes = { positional: [], named: [] };
/** Names that end a test without arguments. */
const afterTests: ReadonlySet<string> = new Set(['else', 'or', 'and']);
const argumentKinds: ReadonlySet<string> = new Set(['name', 'string', 'integer', 'float']);

/** Parses values and what follows them: members, calls, filters and tests. */
export class PostfixParser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;

  constructor(tokens: TokenStream, expressions: ExpressionParser) {
    this.#tokens = tokens;
    this.#expressions = expressions;
  }

  primary(): Expression {
    const token = this.#tokens.next();
    switch (token.kind) {
      case 'name': {
        const value = constants.get(token.text);
        return value === undefined ? { kind: 'name', name: token.text } : { kind: 'constant', value };
      }
      case 'string':
        return { kind: 'constant', value: this.#adjacent(token.text) };
      case 'integer':
        return { kind: 'constant', value: integerLiteral(token.text) };
      case 'float':
        return { kind: 'constant', value: floatLiteral(token.text) };
      case 'operator':
        return this.#bracketed(token.text);
      default:
        throw this.#tokens.error('an expression is missing', token.offset);
    }
  }

  /** Strings beside each other are one. */
  #adjacent(first: string): string {
    const parts = [first];
    while (this.#tokens.is('string')) parts.push(this.#tokens.next().text);
    return parts.join('');
  }

  #bracketed(bracket: string): Expression {
    if (bracket === '(') {
      const tuple = this.#expressions.nested(() => this.#expressions.tuple({ isInParentheses: true }));
      this.#tokens.expect('operator', ')');
      return tuple;
    }
    if (bracket === '[')
      return { kind: 'list', items: this.#items(']', () => this.#expressions.expression()) };
    if (bracket === '{') return { kind: 'mapping', pairs: this.#items('}', () => this.#pair()) };
    throw this.#tokens.error(`unexpected ${JSON.stringify(bracket)}`);
  }

  #pair(): [Expression, Expression] {
    const key = this.#expressions.expression();
    this.#tokens.expect('operator', ':');
    return [key, this.#expressions.expression()];
  }

  #items<T>(end: string, parse: () => T): T[] {
    const items: T[] = [];
    while (!this.#tokens.isOperator(end)) {
      if (items.length > 0) this.#tokens.expect('operator', ',');
      if (this.#tokens.isOperator(end)) break;
      items.push(parse());
    }
    this.#tokens.expect('operator', end);
    return items;
  }

  /** Members and calls after a value, then filters and tests, which only calls may follow. */
  members(value: Expression, hasFilters: boolean): Expression {
    const node = this.#repeated(value, (object) => this.#member(object));
    return hasFilters ? this.#repeated(node, (input) => this.#filterOrTest(input)) : node;
  }

  #repeated(value: Expression, parse: (node: Expression) => Expression | undefined): Expression {
    let node = value;
    for (let length = 0; ; length++) {
      // Each level of the tree takes stack, whether it is in parentheses or not.
      if (length > MAX_NESTING) throw this.#tokens.error('too many members, calls or filters in a row');
      const next = parse(node);
      if (!next) return node;
      node = next;
    }
  }

  #member(object: Expression): Expression | undefined {
    if (this.#tokens.skip('operator', '.')) {
      const token = this.#tokens.next();
      if (token.kind === 'name') return { kind: 'attribute', object, name: token.text };
      if (token.kind !== 'integer') throw this.#tokens.error('expected a name or number', token.offset);
      return { kind: 'item', object, key: { kind: 'constant', value: integerLiteral(token.text) } };
    }
    if (this.#tokens.skip('operator', '[')) return this.#subscript(object);
    return this.#call(object);
  }

  #call(callee: Expression): Expression | undefined {
    return this.#tokens.isOperator('(') ? { kind: 'call', callee, passed: this.passed() } : undefined;
  }

  #subscript(object: Expression): Expression {
    const start = this.#bound();
    if (start && this.#tokens.skip('operator', ']')) return { kind: 'item', object, key: start };
    if (start && this.#tokens.isOperator(',')) return this.#tupleSubscript(object, start);
    this.#tokens.expect('operator', ':');
    const stop = this.#bound();
    const step = this.#tokens.skip('operator', ':') ? this.#bound() : undefined;
    this.#tokens.expect('operator', ']');
    return { kind: 'slice', object, ...(start && { start }), ...(stop && { stop }), ...(step && { step }) };
  }

  /** A bound of a slice, which may be left out. */
  #bound(): Expression | undefined {
    const isMissing = this.#tokens.isOperator(':') || this.#tokens.isOperator(']');
    return isMissing ? undefined : this.#expressions.expression();
  }

  #tupleSubscript(object: Expression, first: Expression): Expression {
    const items = [first];
    while (this.#tokens.skip('operator', ',')) items.push(this.#expressions.expression());
    this.#tokens.expect('operator', ']');
    return { kind: 'item', object, key: { kind: 'tuple', items } };
  }

  #filterOrTest(input: Expression): Expression | undefined {
    if (this.#tokens.skip('operator', '|')) return this.filter(input);
    return this.#tokens.skip('name', 'is') ? this.#test(input) : this.#call(input);
  }

  /** A filter, after its `|`. */
  filter(input: Expression | undefined): FilterNode {
    const { offset } = this.#tokens.current;
    const name = this.#dottedName();
    const passed = this.#tokens.isOperator('(') ? this.passed() : noArguments;
    return { kind: 'filter', ...(input && { input }), name, passed, offset };
  }

  #dottedName(): string {
    let name = this.#tokens.expect('name').text;
    while (this.#tokens.skip('operator', '.')) name += `.${this.#tokens.expect('name').text}`;
    return name;
  }

  #test(input: Expression): Expression {
    const isNegated = this.#tokens.skip('name', 'not');
    const { offset } = this.#tokens.current;
    const name = this.#dottedName();
    const test: TestNode = { kind: 'test', input, name, passed: this.#testArguments(), offset };
    return isNegated ? { kind: 'not', operand: test } : test;
  }

  #testArguments(): ArgumentNodes {
    const { kind, text } = this.#tokens.current;
    if (kind === 'operator' && text === '(') return this.passed();
    const isBracket = kind === 'operator' && (text === '[' || text === '{');
    if (!isBracket && !argumentKinds.has(kind)) return noArguments;
    if (kind === 'name' && afterTests.has(text)) return noArguments;
    if (kind === 'name' && text === 'is') throw this.#tokens.error('tests cannot be chained with is');
    return { positional: [this.members(this.primary(), false)], named: [] };
  }

  /** The arguments of a call, with their parentheses. */
  passed(): ArgumentNodes {
    this.#tokens.expect('operator', '(');
    const result = new ArgumentCollector(this.#tokens, () => this.#expressions.expression());
    while (!this.#tokens.isOperator(')')) {
      if (!result.isEmpty) this.#tokens.expect('operator', ',');
      if (this.#tokens.isOperator(')') && !result.isEmpty) break;
      result.add();
    }
    this.#tokens.expect('operator', ')');
    return result.arguments();
  }
}

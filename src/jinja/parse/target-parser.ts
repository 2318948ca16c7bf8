import type { Expression, Target } from '../ast.ts';
import type { ExpressionParser } from './expression-parser.ts';
import type { TokenStream } from './token-stream.ts';

const reserved: ReadonlySet<string> = new Set(['true', 'false', 'none', 'True', 'False', 'None']);

/** Parses what a template assigns to. */
export class TargetParser {
  readonly #tokens: TokenStream;
  readonly #expressions: ExpressionParser;

  constructor(tokens: TokenStream, expressions: ExpressionParser) {
    this.#tokens = tokens;
    this.#expressions = expressions;
  }

  /** @throws OllamaError for anything but a name that can be assigned to */
  name(): string {
    const { text, offset } = this.#tokens.expect('name');
    if (reserved.has(text)) throw this.#tokens.error(`cannot assign to ${text}`, offset);
    return text;
  }

  /**
   * A name, or several with commas between them.
   * @param end the name that ends them
   * @param hasMembers whether attributes of a namespace are allowed
   */
  tuple(end?: string, hasMembers = false): Target {
    const members = new Map<Expression, Target>();
    const parse = (): Expression => {
      const { current, following } = this.#tokens;
      const isMember = current.kind === 'name' && following.kind === 'operator' && following.text === '.';
      if (!hasMembers || !isMember || reserved.has(current.text)) return this.#expressions.postfix.primary();
      this.#tokens.next();
      this.#tokens.next();
      const attribute = this.#tokens.expect('name').text;
      const node: Expression = { kind: 'name', name: current.text };
      members.set(node, { kind: 'member', name: current.text, attribute });
      return node;
    };
    const { offset } = this.#tokens.current;
    return this.#target(this.#expressions.tupleOf(parse, end), members, offset);
  }

  #target(node: Expression, members: ReadonlyMap<Expression, Target>, offset: number): Target {
    if (node.kind === 'name') return members.get(node) ?? { kind: 'name', name: node.name };
    if (node.kind === 'tuple') {
      return { kind: 'targets', items: node.items.map((item) => this.#target(item, members, offset)) };
    }
    throw this.#tokens.error(`cannot assign to this ${node.kind}`, offset);
  }
}

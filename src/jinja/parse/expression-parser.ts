import type {
  ArithmeticOperator,
  ChainNode,
  ComparisonNode,
  ComparisonOperator,
  Expression,
} from '../ast.ts';
import { MAX_NESTING } from '../limits.ts';
import { PostfixParser } from './postfix-parser.ts';
import type { TokenStream } from './token-stream.ts';

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const sums: ReadonlySet<string> = new Set(['+', '-']);
const products: ReadonlySet<string> = new Set(['*', '/', '//', '%']);
const powers: ReadonlySet<string> = new Set(['**']);

/** Parses expressions with jinja2's precedences, which differ from Python's in `**`, `~` and signs. */
export class ExpressionParser {
  readonly #tokens: TokenStream;
  readonly postfix: PostfixParser;
  #nesting = 0;

  constructor(tokens: TokenStream) {
    this.#tokens = tokens;
    this.postfix = new PostfixParser(tokens, this);
  }

  /** Runs a function one level deeper. @throws OllamaError if that is too deep */
  nested<T>(parse: () => T): T {
    if (++this.#nesting > MAX_NESTING) throw this.#tokens.error('it is nested too deeply');
    const result = parse();
    this.#nesting--;
    return result;
  }

  /** @param hasCondition whether `if` belongs to the expression */
  expression(hasCondition = true): Expression {
    return this.nested(() => (hasCondition ? this.#conditional() : this.#or()));
  }

  /** An expression, or several with commas between them: a tuple. @param ends names that end it */
  tuple(options: { hasCondition?: boolean; end?: string; isInParentheses?: boolean } = {}): Expression {
    const { hasCondition = true, end, isInParentheses = false } = options;
    return this.tupleOf(() => this.expression(hasCondition), end, isInParentheses);
  }

  tupleOf(parse: () => Expression, end?: string, isInParentheses = false): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.#tokens.expect('operator', ',');
      if (this.#isTupleEnd(end)) break;
      items.push(parse());
      if (!this.#tokens.isOperator(',')) break;
      isTuple = true;
    }
    const [first] = items;
    if (!isTuple && first) return first;
    if (!isTuple && !isInParentheses) throw this.#tokens.error('an expression is missing');
    return { kind: 'tuple', items };
  }

  #isTupleEnd(end: string | undefined): boolean {
    const { current } = this.#tokens;
    if (current.kind === 'output-end' || current.kind === 'tag-end') return true;
    return this.#tokens.isOperator(')') || (end !== undefined && this.#tokens.isName(end));
  }

  #conditional(): Expression {
    let then = this.#or();
    while (this.#tokens.skip('name', 'if')) {
      const condition = this.#or();
      const otherwise = this.#tokens.skip('name', 'else')
        ? this.nested(() => this.#conditional())
        : undefined;
      then = { kind: 'conditional', condition, then, ...(otherwise && { otherwise }) };
    }
    return then;
  }

  #or(): Expression {
    return this.#logical('or', () => this.#logical('and', () => this.#not()));
  }

  #logical(kind: 'and' | 'or', parse: () => Expression): Expression {
    const first = parse();
    if (!this.#tokens.isName(kind)) return first;
    const operands = [first];
    while (this.#tokens.skip('name', kind)) operands.push(parse());
    return { kind, operands };
  }

  #not(): Expression {
    if (!this.#tokens.skip('name', 'not')) return this.#comparison();
    return { kind: 'not', operand: this.nested(() => this.#not()) };
  }

  #comparison(): Expression {
    const first = this.#sum();
    const rest: ComparisonNode['rest'][number][] = [];
    for (let operator = this.#comparisonOperator(); operator; operator = this.#comparisonOperator()) {
      rest.push({ operator, operand: this.#sum() });
    }
    return rest.length === 0 ? first : { kind: 'comparison', first, rest };
  }

  #comparisonOperator(): ComparisonOperator | undefined {
    const { current, following } = this.#tokens;
    if (current.kind === 'operator' && comparisons.has(current.text)) {
      return this.#tokens.next().text as ComparisonOperator;
    }
    if (this.#tokens.skip('name', 'in')) return 'in';
    if (!this.#tokens.isName('not') || following.kind !== 'name' || following.text !== 'in') return undefined;
    this.#tokens.next();
    this.#tokens.next();
    return 'not in';
  }

  #sum(): Expression {
    return this.#chain(sums, () => this.#joined());
  }

  #joined(): Expression {
    const first = this.#product();
    if (!this.#tokens.isOperator('~')) return first;
    const parts = [first];
    while (this.#tokens.skip('operator', '~')) parts.push(this.#product());
    return { kind: 'joined', parts };
  }

  #product(): Expression {
    return this.#chain(products, () => this.#chain(powers, () => this.unary()));
  }

  #chain(operators: ReadonlySet<string>, parse: () => Expression): Expression {
    const first = parse();
    const rest: ChainNode['rest'][number][] = [];
    while (this.#tokens.current.kind === 'operator' && operators.has(this.#tokens.current.text)) {
      const operator = this.#tokens.next().text as ArithmeticOperator;
      rest.push({ operator, operand: parse() });
    }
    return rest.length === 0 ? first : { kind: 'chain', first, rest };
  }

  unary(hasFilters = true): Expression {
    const { current } = this.#tokens;
    let node: Expression;
    if (current.kind === 'operator' && sums.has(current.text)) {
      this.#tokens.next();
      const operand = this.nested(() => this.unary(false));
      node = { kind: 'sign', isNegative: current.text === '-', operand };
    } else node = this.postfix.primary();
    return this.postfix.members(node, hasFilters);
  }
}

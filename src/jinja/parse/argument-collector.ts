import type { ArgumentNodes, Expression } from '../ast.ts';
import type { TokenStream } from './token-stream.ts';

/** Collects the arguments of a call, in the order that Python allows. */
export class ArgumentCollector {
  readonly #tokens: TokenStream;
  readonly #expression: () => Expression;
  readonly #positional: Expression[] = [];
  readonly #named: [string, Expression][] = [];
  #list: Expression | undefined;
  #mapping: Expression | undefined;

  constructor(tokens: TokenStream, expression: () => Expression) {
    this.#tokens = tokens;
    this.#expression = expression;
  }

  get isEmpty(): boolean {
    return !this.#positional.length && !this.#named.length && !this.#list && !this.#mapping;
  }

  add(): void {
    const { current, following } = this.#tokens;
    if (this.#tokens.skip('operator', '*')) {
      this.#ensure(!this.#list && !this.#mapping);
      this.#list = this.#expression();
    } else if (this.#tokens.skip('operator', '**')) {
      this.#ensure(!this.#mapping);
      this.#mapping = this.#expression();
    } else if (current.kind === 'name' && following.kind === 'operator' && following.text === '=') {
      this.#ensure(!this.#mapping && !this.#named.some(([name]) => name === current.text));
      this.#tokens.next();
      this.#tokens.next();
      this.#named.push([current.text, this.#expression()]);
    } else {
      this.#ensure(!this.#list && !this.#mapping && this.#named.length === 0);
      this.#positional.push(this.#expression());
    }
  }

  #ensure(isValid: boolean): void {
    if (!isValid) throw this.#tokens.error('invalid syntax for the arguments of a call');
  }

  arguments(): ArgumentNodes {
    return {
      positional: this.#positional,
      named: this.#named,
      ...(this.#list && { list: this.#list }),
      ...(this.#mapping && { mapping: this.#mapping }),
    };
  }
}

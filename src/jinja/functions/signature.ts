import { JinjaError } from '../errors.ts';
import type { Arguments } from '../values/callable.ts';
import type { Value } from '../values/value.ts';

/** The parameters of a function: decides which argument belongs to which. */
export class Signature {
  readonly #names: readonly string[];
  readonly #required: number;
  readonly #byPlaceOnly: boolean;

  /** @param parameters names in order; `!` after those that are required, and `/` at the end if no argument has a name */
  constructor(parameters: string) {
    const words = parameters.split(' ').filter((word) => word !== '');
    this.#byPlaceOnly = words.at(-1) === '/';
    const names = words.filter((word) => word !== '/');
    this.#required = names.filter((word) => word.endsWith('!')).length;
    this.#names = names.map((word) => word.replace('!', ''));
  }

  /**
   * @param first values before the arguments
   * @returns a value for each parameter; undefined where there is none
   * @throws JinjaError for arguments that do not fit
   */
  bind(name: string, first: readonly Value[], { positional, named }: Arguments): (Value | undefined)[] {
    const values: (Value | undefined)[] = [...first, ...positional];
    if (values.length > this.#names.length) {
      throw new JinjaError(`${name}() takes at most ${this.#names.length - first.length} arguments`);
    }
    for (const [key, value] of named) {
      const index = this.#byPlaceOnly ? -1 : this.#names.indexOf(key);
      if (index < 0) throw new JinjaError(`${name}() has no parameter '${key}'`);
      if (values[index] !== undefined) throw new JinjaError(`${name}() got two values for '${key}'`);
      values[index] = value;
    }
    for (let index = 0; index < this.#required; index++) {
      if (values[index] === undefined) throw new JinjaError(`${name}() needs '${this.#names[index]}'`);
    }
    return values;
  }
}

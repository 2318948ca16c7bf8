import { JinjaError } from '../errors.ts';

/** A variable, attribute or element that does not exist: prints as nothing, and fails when it is used for more. */
export class Undefined {
  readonly #reason: string;

  /** @param reason what an operation with it fails with */
  constructor(reason: string) {
    this.#reason = reason;
  }

  /** Fails, as every operation that needs a value. */
  fail(): never {
    throw new JinjaError(this.#reason);
  }
}

/** Python's float. A class, because JavaScript does not distinguish 1.0 and 1. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

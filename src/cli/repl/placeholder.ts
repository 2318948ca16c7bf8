const TEXT = 'Send a message (/? for help)';

/** The grey text in an empty line that says what to do there. */
export class Placeholder {
  readonly #stdout: NodeJS.WriteStream;
  #isShown = false;

  constructor(stdout: NodeJS.WriteStream) {
    this.#stdout = stdout;
  }

  /** @param column where the cursor is, in front of the text */
  show(column: number): void {
    if (column + TEXT.length >= this.#stdout.columns) return;
    this.#stdout.write(`\u001b[90m${TEXT}\u001b[0m\u001b[${TEXT.length}D`);
    this.#isShown = true;
  }

  hide(): void {
    if (this.#isShown) this.#stdout.write('\u001b[K');
    this.#isShown = false;
  }
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 100;

/** Shows on a terminal that something is under way, and leaves no trace. Elsewhere it does nothing. */
export class WaitSpinner {
  readonly #stream: NodeJS.WriteStream;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  /** Behind the spinner. */
  label = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  start(): void {
    if (this.#timer || this.#stream.isTTY !== true) return;
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#frame > 0) this.#stream.write('\r\u001b[K');
    this.#frame = 0;
  }

  #draw(): void {
    this.#stream.write(`\r${FRAMES[this.#frame % FRAMES.length]} ${this.label}\u001b[K`);
    this.#frame++;
  }
}

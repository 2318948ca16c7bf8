import type { Environment } from '../../config/environment.ts';
import { terminalTraits } from './terminal-traits.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 100;
const DEFAULT_COLUMNS = 80;
/** Columns of the spinner, and one that stays free: in the last column, some terminals begin a new line. */
const SPINNER_COLUMNS = 3;

/** Shows a spinner on a terminal, and erases it at the end. Without a terminal it does nothing. */
export class WaitSpinner {
  readonly #stream: NodeJS.WriteStream;
  readonly isVisible: boolean;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  /** Text after the spinner. */
  label = '';

  constructor(stream: NodeJS.WriteStream, environment: Environment = {}) {
    this.#stream = stream;
    this.isVisible = terminalTraits(stream, environment).canErase;
  }

  start(): void {
    if (this.#timer || !this.isVisible) return;
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
    const room = Math.max(0, (this.#stream.columns || DEFAULT_COLUMNS) - SPINNER_COLUMNS);
    this.#stream.write(`\r${FRAMES[this.#frame % FRAMES.length]} ${this.label.slice(0, room)}\u001b[K`);
    this.#frame++;
  }
}

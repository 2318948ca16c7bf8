/** Shows the progress of pull and create: bars on a terminal, plain lines elsewhere. */
import type { ProgressResponse } from '../../api/common.ts';
import { humanBytes } from '../../base/human.ts';
import type { Environment } from '../../config/settings.ts';
import { progressLine } from './progress-bar.ts';

const SPINNER_FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 100;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const DEFAULT_COLUMNS = 80;
/** What a shell reports for a program ended by Ctrl-C. */
const INTERRUPTED = 130;

interface Row {
  event: ProgressResponse;
  readonly startedAt: number;
  /** Bytes that were there when the row appeared: a resumed download must not look faster than it is. */
  readonly startedWith: number;
}

export class ProgressView {
  readonly #stream: NodeJS.WriteStream;
  readonly #isTerminal: boolean;
  readonly #rows = new Map<string, Row>();
  #timer: NodeJS.Timeout | undefined;
  #drawnLines = 0;
  #frame = 0;
  /** Ctrl-C would leave the terminal without a cursor. */
  readonly #onInterrupt = () => {
    this.stop();
    process.exit(INTERRUPTED);
  };

  constructor(stream: NodeJS.WriteStream, environment: Environment) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true && environment.TERM !== 'dumb';
  }

  update(event: ProgressResponse): void {
    const key = event.digest ?? event.status;
    const row = this.#rows.get(key);
    if (row) row.event = event;
    else this.#add(key, event);
  }

  /** A line with a spinner, for work without a measure. */
  spin(text: string): void {
    this.update({ status: text });
  }

  /** Leaves what was drawn on the screen. */
  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.off('SIGINT', this.#onInterrupt);
    this.#draw(true);
    this.#stream.write(SHOW_CURSOR);
    this.#rows.clear();
    this.#drawnLines = 0;
  }

  #add(key: string, event: ProgressResponse): void {
    this.#rows.set(key, { event, startedAt: Date.now(), startedWith: event.completed ?? 0 });
    if (!this.#isTerminal) {
      const size = event.total === undefined ? '' : ` ${humanBytes(event.total)}`;
      this.#stream.write(`${event.status}${size}\n`);
      return;
    }
    if (this.#timer) return;
    this.#stream.write(HIDE_CURSOR);
    process.once('SIGINT', this.#onInterrupt);
    this.#timer = setInterval(() => this.#draw(false), REDRAW_MS);
  }

  #draw(final: boolean): void {
    const columns = this.#stream.columns ?? DEFAULT_COLUMNS;
    const now = Date.now();
    this.#frame++;
    const rows = [...this.#rows.values()];
    const lines = rows.map((row, index) => {
      const isActive = !final && index === rows.length - 1;
      const spinner = isActive ? `${SPINNER_FRAMES[this.#frame % SPINNER_FRAMES.length]} ` : '';
      return `${progressLine({ ...row, now, spinner, columns })}\u001b[K`;
    });
    const up = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A` : '';
    this.#stream.write(`${up}\r${lines.join('\n')}\n`);
    this.#drawnLines = lines.length;
  }
}

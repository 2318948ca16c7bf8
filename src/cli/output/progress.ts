/** Shows the progress of pull, push and create: bars on a terminal, plain lines elsewhere. */
import type { ProgressResponse } from '../../api/common.ts';
import type { Environment } from '../../config/environment.ts';
import { textWidth } from './cut-to-width.ts';
import { progressLines } from './progress-layout.ts';
import { PlainProgress } from './progress-plain.ts';
import { ProgressRows } from './progress-rows.ts';
import { terminalTraits } from './terminal-traits.ts';

const SPINNER_FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 100;
const DEFAULT_COLUMNS = 80;
const DEFAULT_LINES = 24;
/** Terminals with synchronized updates show a frame only when it is complete; others ignore the codes. */
const BEGIN_FRAME = '\u001b[?2026h\u001b[?25l';
/** The cursor is hidden only within a frame, so that it is visible even if the program is killed. */
const END_FRAME = '\u001b[?25h\u001b[?2026l';
const ERASE_REST_OF_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
/** Exit code that shells use for a program ended by Ctrl-C. */
const INTERRUPTED = 130;

export class ProgressView {
  readonly #stream: NodeJS.WriteStream;
  readonly #isTerminal: boolean;
  readonly #now: () => number;
  readonly #rows = new ProgressRows();
  readonly #plain = new PlainProgress();
  #timer: NodeJS.Timeout | undefined;
  #drawn: readonly string[] = [];
  #frame = 0;
  readonly #onInterrupt = () => {
    this.stop();
    process.exit(INTERRUPTED);
  };
  /** After Ctrl-Z and `fg`, the shell's output is below the bars, so they are drawn again below it. */
  readonly #onContinue = () => {
    this.#drawn = [];
  };

  constructor(
    stream: NodeJS.WriteStream,
    environment: Environment,
    now: () => number = () => performance.now(),
  ) {
    this.#stream = stream;
    this.#isTerminal = terminalTraits(stream, environment).canErase;
    this.#now = now;
  }

  update(event: ProgressResponse): void {
    if (!this.#isTerminal) {
      const text = this.#plain.next(event, this.#now());
      if (text !== '') this.#stream.write(text);
      return;
    }
    this.#rows.update(event, this.#now());
    this.#start();
  }

  /** Shows a line with a spinner, for work without sizes. */
  spin(text: string): void {
    this.update({ status: text });
  }

  /** Stops drawing. The last frame stays on the screen. */
  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.off('SIGINT', this.#onInterrupt).off('SIGCONT', this.#onContinue);
    this.#draw({ isLast: true });
    this.#rows.clear();
    this.#drawn = [];
  }

  #start(): void {
    if (this.#timer) return;
    process.once('SIGINT', this.#onInterrupt).on('SIGCONT', this.#onContinue);
    this.#timer = setInterval(() => this.#draw({ isLast: false }), REDRAW_MS);
  }

  #draw({ isLast }: { isLast: boolean }): void {
    const columns = this.#stream.columns || DEFAULT_COLUMNS;
    const height = this.#stream.rows || DEFAULT_LINES;
    const spinner = isLast ? '' : `${SPINNER_FRAMES[this.#frame++ % SPINNER_FRAMES.length]} `;
    const lines = progressLines(this.#rows.all(), {
      columns,
      lines: isLast ? undefined : height,
      now: this.#now(),
      spinner,
    });
    const rest = `${ERASE_REST_OF_LINE}\n`;
    const text = `${toFirstLine(this.#drawn, columns, height)}${lines.join(rest)}${ERASE_BELOW}${isLast ? '\n' : ''}`;
    this.#stream.write(`${BEGIN_FRAME}${text}${END_FRAME}`);
    this.#drawn = lines;
  }
}

/** Moves from the end of the last line to the start of the first, even if a narrower terminal has wrapped the lines. */
function toFirstLine(lines: readonly string[], columns: number, height: number): string {
  const taken = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
  const up = Math.min(taken, height) - 1;
  return up > 0 ? `\r\u001b[${up}A` : '\r';
}

/** Shows how many of many requests are done: a bar on a terminal, a line now and then elsewhere. */
import type { Environment } from '../../config/environment.ts';
import { cutToWidth } from './cut-to-width.ts';
import { bar, clockText } from './progress-bar.ts';
import { ProgressRate } from './progress-rate.ts';
import { terminalTraits } from './terminal-traits.ts';

export interface Counted {
  readonly status: string;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
}

const DEFAULT_COLUMNS = 80;
const BAR_COLUMNS = 30;
/** Between two lines where there is no terminal. */
const LINE_MS = 30_000;
const ERASE_LINE = '\r\u001b[K';

/** @param rate per second; undefined = not known yet */
function countLine({ status, total, done, failed }: Counted, rate: number | undefined): string {
  if (total === 0) return status;
  const percent = `${String(Math.floor((done / total) * 100)).padStart(3)}%`;
  const failures = failed > 0 ? `, ${failed} failed` : '';
  const speed =
    rate === undefined || rate === 0 ? '' : `  ${rate.toFixed(1)}/s  ${clockText((total - done) / rate)}`;
  return `${status}: ${percent} ${bar(done / total, BAR_COLUMNS)} ${done}/${total}${failures}${speed}`;
}

export class CountProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #isTerminal: boolean;
  readonly #now: () => number;
  readonly #rate = new ProgressRate();
  #shown = '';
  #nextLineAt = 0;

  constructor(
    stream: NodeJS.WriteStream,
    environment: Environment,
    now: () => number = () => performance.now(),
  ) {
    this.#stream = stream;
    this.#isTerminal = terminalTraits(stream, environment).canErase;
    this.#now = now;
  }

  update(counted: Counted): void {
    const now = this.#now();
    this.#rate.add(now, counted.done);
    const line = countLine(counted, this.#rate.at(now));
    if (this.#isTerminal) {
      this.#stream.write(ERASE_LINE + cutToWidth(line, (this.#stream.columns || DEFAULT_COLUMNS) - 1));
    } else if (counted.status !== this.#shown || now >= this.#nextLineAt) {
      this.#stream.write(`${line}\n`);
      this.#nextLineAt = now + LINE_MS;
    }
    this.#shown = counted.status;
  }

  /** The last state stays on the screen. */
  stop(): void {
    if (this.#isTerminal && this.#shown !== '') this.#stream.write('\n');
    this.#shown = '';
  }
}

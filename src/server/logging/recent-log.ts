/** The latest lines of the log, in memory: for readers who cannot reach standard error or the log file. */
import type { LogLine } from '../../api/logs.ts';
import { withoutSecrets } from '../../api/without-secrets.ts';
import { isJsonObject } from '../../base/json-object.ts';
import { KIB, MIB } from '../../base/units.ts';

/** An hour of a busy server at the level info. */
const MAX_LINES = 5000;
const MAX_BYTES = 4 * MIB;
/** Longer lines are left out of the copy, because a part of one is not JSON. Stack traces have a tenth of it. */
const MAX_LINE_CHARACTERS = 32 * KIB;

/** Characters of the lines that are parsed at once, and at least one line: some milliseconds of work. */
const PART_CHARACTERS = 64 * KIB;

/** Lines of the log from a place on. */
export interface LogPart {
  /** Number of lines that are no longer there. */
  readonly lost: number;
  readonly lines: readonly LogLine[];
  /** The place after them. */
  readonly next: number;
}

/** Receives the lines that pino writes. Readers remember only their place, so a slow one takes no memory. */
export class RecentLog {
  readonly #lines: string[] = [];
  readonly #maxLines: number;
  #bytes = 0;
  /** Number of the first line that is still there. */
  #first = 0;
  readonly #waiting = new Set<() => void>();
  #hasEnded = false;

  constructor(maxLines = MAX_LINES) {
    this.#maxLines = maxLines;
  }

  /** The place of the next line. */
  get end(): number {
    return this.#first + this.#lines.length;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  write(line: string): void {
    const kept = line.length > MAX_LINE_CHARACTERS ? '' : line;
    this.#lines.push(kept);
    this.#bytes += kept.length;
    while (this.#lines.length > this.#maxLines || this.#bytes > MAX_BYTES) {
      this.#bytes -= this.#lines.shift()?.length ?? 0;
      this.#first += 1;
    }
    this.#wake();
  }

  /**
   * As many lines as are parsed at once.
   * @param place number of the first line to return
   * @param most maximum number of lines
   */
  from(place: number, most: number): LogPart {
    const start = Math.max(place, this.#first);
    const part = this.#part(start - this.#first, most);
    const lines = part.map(parsed).filter((line) => line !== undefined);
    return { lost: start - place + part.length - lines.length, lines, next: start + part.length };
  }

  #part(first: number, most: number): string[] {
    let end = first;
    for (let characters = 0; end < first + most && end < this.#lines.length; end++) {
      characters += this.#lines[end]?.length ?? 0;
      if (characters > PART_CHARACTERS && end > first) break;
    }
    return this.#lines.slice(first, end);
  }

  /** Resolves when there is a line at a place, when the log ends, or when the reader leaves. */
  reaches(place: number, signal: AbortSignal): Promise<void> {
    if (this.#hasEnded || signal.aborted || this.end > place) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** Ends the waiting of readers, because the server stops. */
  close(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

const levels: Readonly<Record<number, LogLine['level']>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};

/** @returns undefined for a line that was too long to be kept */
function parsed(line: string): LogLine | undefined {
  if (line === '') return undefined;
  const value: unknown = shown(JSON.parse(line));
  if (!isJsonObject(value)) return undefined;
  const { time, level, msg, ...fields } = value;
  return {
    time: String(time),
    level: levels[Number(level)] ?? 'info',
    message: String(msg),
    ...(Object.keys(fields).length > 0 && { fields }),
  };
}

/** A value without the secrets of its texts. Fields of our lines are nested a few levels deep. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (Array.isArray(value)) return value.map(shown);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shown(field)]));
}

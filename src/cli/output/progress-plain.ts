/** Progress for logs and pipes: complete lines without control codes. Pure: callers pass the time. */
import type { ProgressResponse } from '../../api/common.ts';
import { measures } from './progress-bar.ts';
import { ProgressRows } from './progress-rows.ts';

const STEP_PERCENT = 10;
/** Minimum time between lines, so that a quick download prints no intermediate ones. */
const STEP_MS = 5000;

interface Told {
  percent: number;
  time: number;
}

/**
 * Prints one line for each status and for each finished layer. A layer that takes long also gets a line at every tenth of
 * its bytes, at least five seconds apart.
 */
export class PlainProgress {
  readonly #rows = new ProgressRows();
  readonly #told = new Map<string, Told>();

  /** @returns the text to write; "" for nothing */
  next(event: ProgressResponse, now: number): string {
    const { row, key, isNew } = this.#rows.update(event, now);
    const { status, total, completed, rate } = row;
    if (total === undefined) return isNew ? `${status}\n` : '';
    const percent = Math.floor((completed / total) * 100);
    if (isNew) this.#told.set(key, { percent: percent - (percent % STEP_PERCENT), time: now });
    const told = this.#told.get(key);
    if (!told) return '';
    const isDone = completed >= total;
    if (!isDone && (percent < told.percent + STEP_PERCENT || now - told.time < STEP_MS)) return '';
    this.#told.set(key, { percent: percent - (percent % STEP_PERCENT), time: now });
    if (isDone) this.#told.delete(key);
    const texts = measures({ total, completed, rate: rate.at(now) });
    return `${status}: ${percent}%${texts.sizes}${texts.rate}${texts.time}\n`;
  }
}

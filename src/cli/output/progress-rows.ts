/** Collects the events of a progress stream into rows. Pure: callers pass the time. */
import type { ProgressResponse } from '../../api/common.ts';
import { ProgressRate } from './progress-rate.ts';

export interface ProgressRow {
  readonly status: string;
  /** Bytes; undefined for a status without sizes. */
  readonly total: number | undefined;
  /** Bytes. */
  readonly completed: number;
  readonly rate: ProgressRate;
  /** Whether work continues: bytes are missing, or it is the latest status. */
  readonly isActive: boolean;
}

/** Limits the memory that a server can use up with ever new names. */
const MAX_ROWS = 1000;
/** Longer than any line that a terminal shows. */
const MAX_STATUS_LENGTH = 1000;

interface State {
  status: string;
  total: number | undefined;
  completed: number;
  readonly rate: ProgressRate;
}

/** Removes control codes, which could move the cursor, from the text of another machine. */
function plainText(text: string): string {
  return text.slice(0, MAX_STATUS_LENGTH).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

export class ProgressRows {
  readonly #states = new Map<string, State>();
  #latest: string | undefined;

  /** @returns the row that changed, and whether it is new */
  update(event: ProgressResponse, now: number): { row: ProgressRow; key: string; isNew: boolean } {
    const key = event.digest ?? event.status;
    const known = this.#states.get(key);
    const state = known ?? { status: '', total: undefined, completed: 0, rate: new ProgressRate() };
    state.status = plainText(event.status);
    // A total of zero has no percentage.
    state.total = event.total && event.total > 0 ? event.total : undefined;
    state.completed = Math.min(Math.max(event.completed ?? 0, 0), state.total ?? 0);
    if (state.total !== undefined) state.rate.add(now, state.completed);
    if (!known) this.#states.set(key, state);
    this.#latest = key;
    if (this.#states.size > MAX_ROWS) this.#forgetOne();
    return { row: this.#row(key, state), key, isNew: !known };
  }

  get isEmpty(): boolean {
    return this.#states.size === 0;
  }

  all(): ProgressRow[] {
    return [...this.#states].map(([key, state]) => this.#row(key, state));
  }

  clear(): void {
    this.#states.clear();
  }

  #row(key: string, state: State): ProgressRow {
    const isActive = state.total === undefined ? key === this.#latest : state.completed < state.total;
    return { ...state, isActive };
  }

  /** Removes the oldest finished row, or the oldest row if none is finished. */
  #forgetOne(): void {
    const finished = [...this.#states].find(([key, state]) => !this.#row(key, state).isActive);
    const oldest = finished?.[0] ?? this.#states.keys().next().value;
    if (oldest !== undefined) this.#states.delete(oldest);
  }
}

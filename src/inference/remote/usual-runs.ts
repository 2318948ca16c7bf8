import { LruCache } from '../../base/lru-cache.ts';
import type { RunObserver, RunRecord } from '../../runs/run-record.ts';

/** More than anyone runs in turn. */
const MAX_MODELS = 200;
/** Weight of the latest run: about the last eight count. */
const LATEST = 1 / 8;

/** How long runs of a model occupy a slot as a rule, by the runs that were seen. */
export class UsualRuns implements RunObserver {
  readonly #milliseconds = new LruCache<string, number>(MAX_MODELS);

  ended({ model, times, outcome, remoteCalls }: RunRecord): void {
    const { granted, lastToken } = times;
    if (model === undefined || remoteCalls || granted === undefined || lastToken === undefined) return;
    if (outcome !== 'stop' && outcome !== 'length') return;
    const before = this.#milliseconds.get(model) ?? lastToken - granted;
    this.#milliseconds.set(model, before + (lastToken - granted - before) * LATEST);
  }

  /** @param model as `ollama list` shows it @returns undefined while none has ended */
  of(model: string): number | undefined {
    return this.#milliseconds.get(model);
  }
}

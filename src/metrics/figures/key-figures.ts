import type { RunOutcome, RunRecord } from '../../runs/run-record.ts';
import { RecentMap } from './recent-map.ts';

export const keyResults = ['ok', 'canceled', 'refused', 'failed'] as const;
type KeyResult = (typeof keyResults)[number];
export const tokenKinds = ['prompt', 'cached', 'output', 'thinking'] as const;
type TokenKind = (typeof tokenKinds)[number];

interface OneKey {
  readonly name: string;
  readonly requests: Record<KeyResult, number>;
  readonly tokens: Record<TokenKind, number>;
}

/** Each takes eight lines of the page. A server with more keys shows those in use; `ollama usage` has them all. */
const MOST_KEYS = 200;

/** What is counted by API key. */
export class KeyFigures {
  readonly #keys = new RecentMap(
    MOST_KEYS,
    (name): OneKey => ({
      name,
      requests: { ok: 0, canceled: 0, refused: 0, failed: 0 },
      tokens: { prompt: 0, cached: 0, output: 0, thinking: 0 },
    }),
  );

  add(name: string, { outcome, tokens }: Pick<RunRecord, 'outcome' | 'tokens'>): void {
    const key = this.#keys.use(name);
    key.requests[resultOf(outcome)]++;
    for (const kind of tokenKinds) key.tokens[kind] += tokens[kind];
  }

  values(): IterableIterator<OneKey> {
    return this.#keys.values();
  }
}

function resultOf(outcome: RunOutcome): KeyResult {
  return outcome === 'canceled' || outcome === 'refused' || outcome === 'failed' ? outcome : 'ok';
}

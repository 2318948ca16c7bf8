import type { UsageEntry, UsageFigures, UsageResponse } from '../api/usage.ts';
import { OllamaError } from '../base/errors.ts';
import type { UsageQuery } from './usage-query.ts';
import { addCounts, noCounts, type UsageCounts, type UsageRow } from './usage-row.ts';
import { UsageSums } from './usage-sums.ts';

/** Some ten megabytes of JSON. */
const MAX_ENTRIES = 50_000;
const MILLISECONDS = 1000;

/** Adds up the rows that a query asks for. */
export class UsageReport {
  readonly #query: UsageQuery;
  readonly #maxEntries: number;
  readonly #sums: UsageSums;
  readonly #total = { ...noCounts };

  constructor(query: UsageQuery, maxEntries = MAX_ENTRIES) {
    this.#query = query;
    this.#maxEntries = maxEntries;
    this.#sums = new UsageSums(Number.POSITIVE_INFINITY);
  }

  /** @throws OllamaError `invalid-request` when the reply would be too long */
  add(row: UsageRow): void {
    const { from, to, key, model, by } = this.#query;
    if (row.day < from || row.day > to) return;
    if (key !== undefined && row.key !== key) return;
    if (model !== undefined && row.model !== model) return;
    addCounts(this.#total, row);
    if (by.length === 0) return;
    const { hour: _, ...counts } = row;
    this.#sums.add({
      ...counts,
      day: by.includes('day') ? row.day : '',
      key: by.includes('key') ? row.key : '',
      model: by.includes('model') ? row.model : '',
    });
    if (this.#sums.size <= this.#maxEntries) return;
    const message = `more than ${this.#maxEntries} rows: ask for fewer days, one key or one model, or leave out a part of "by"`;
    throw new OllamaError('invalid-request', message);
  }

  reply(): UsageResponse {
    const { from, to, by } = this.#query;
    const entries = this.#sums.rows().map((row): UsageEntry => {
      const groups = Object.fromEntries(by.map((group) => [group, row[group]]));
      return { ...groups, ...figuresOf(row) };
    });
    const textOf = (entry: UsageEntry) => by.map((group) => entry[group] ?? '').join('\n');
    const sorted = entries.map((entry) => [textOf(entry), entry] as const);
    sorted.sort(([one], [other]) => (one < other ? -1 : 1));
    return { from, to, usage: sorted.map(([, entry]) => entry), total: figuresOf(this.#total) };
  }
}

function figuresOf(counts: UsageCounts): UsageFigures {
  return {
    requests: counts.requests,
    refusals: counts.refusals,
    prompt_tokens: counts.promptTokens,
    cached_tokens: counts.cachedTokens,
    thinking_tokens: counts.thinkingTokens,
    output_tokens: counts.outputTokens,
    seconds: counts.milliseconds / MILLISECONDS,
  };
}

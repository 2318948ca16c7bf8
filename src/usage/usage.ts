import type { UsageResponse } from '../api/usage.ts';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { TakeLock } from '../base/files/take-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { RunObserver, RunRecord } from '../runs/run-record.ts';
import { tidyUsage } from './tidy-usage.ts';
import { dayOf, hourOf } from './usage-day.ts';
import { UsageJournal } from './usage-journal.ts';
import { parseUsageQuery, type UsageQuery, type UsageQueryTexts } from './usage-query.ts';
import { readUsage } from './usage-reader.ts';
import { UsageReport } from './usage-report.ts';
import { noCounts, type UsageCounts } from './usage-row.ts';

/** Statuses by which a request is refused to its client, rather than found wrong. */
export const refusalStatuses: ReadonlySet<number> = new Set([401, 403, 429]);

/** Looking for something to tidy takes a millisecond. */
const TIDY_MS = 60 * 60 * 1000;
/** The names of models that a store can hold are shorter. */
const MAX_MODEL_CHARACTERS = 500;

export interface UsageParts {
  /** Where usage is kept; undefined = nowhere: nothing is counted. */
  readonly folder: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lock: TakeLock;
}

function isCounted({ kind, outcome, error }: RunRecord): boolean {
  if (kind === 'tokenize' || outcome === 'load' || outcome === 'unload') return false;
  return !(error && refusalStatuses.has(error.status));
}

/** Counts what each key uses of each model. */
export class Usage implements RunObserver {
  readonly #parts: UsageParts;
  readonly #journal: UsageJournal | undefined;
  /** The reports, one after the other, so that many of them do not fill the memory. */
  #lastReport: Promise<unknown> = Promise.resolve();
  #cancelTidying: (() => void) | undefined;
  /** The day on which the folder was tidied last. */
  #tidied = '';

  constructor(parts: UsageParts) {
    this.#parts = parts;
    const { folder } = parts;
    this.#journal = folder === undefined ? undefined : new UsageJournal({ ...parts, folder });
  }

  get isKept(): boolean {
    return this.#journal !== undefined;
  }

  /** Why usage cannot be written at the moment; undefined = it can. */
  get problem(): string | undefined {
    return this.#journal?.problem;
  }

  /** Begins to tidy the folder, now and then. */
  start(): void {
    if (this.#parts.folder !== undefined) this.#tidyLater(0);
  }

  /** A run counts unless it was refused to its client, or computed nothing with its model. */
  ended(run: RunRecord): void {
    if (!isCounted(run)) return;
    const { model = '', keyId = '', tokens, times, choice = 0 } = run;
    const { granted, ended } = times;
    // As in the replies: a prompt counts once, whatever number of answers to it was asked for.
    const once = choice === 0 ? 1 : 0;
    this.#count(keyId, model, {
      ...noCounts,
      requests: once,
      promptTokens: once * tokens.prompt,
      cachedTokens: once * tokens.cached,
      thinkingTokens: tokens.thinking,
      outputTokens: tokens.output,
      milliseconds: granted === undefined ? 0 : Math.max(0, Math.round(ended - granted)),
    });
  }

  /** Counts a request that was answered with one of `refusalStatuses`. @param keyId absent = it had no known key */
  refused(keyId = ''): void {
    this.#count(keyId, '', { ...noCounts, refusals: 1 });
  }

  /** @throws OllamaError `invalid-request` */
  parseQuery(texts: UsageQueryTexts): UsageQuery {
    return parseUsageQuery(texts, dayOf(this.#parts.clock.date()));
  }

  /**
   * What all servers with this folder have counted.
   * @throws OllamaError `invalid-request`; system errors of reading the folder
   */
  report(query: UsageQuery): Promise<UsageResponse> {
    const report = this.#lastReport.then(() => this.#report(query));
    this.#lastReport = report.catch(() => undefined);
    return report;
  }

  async close(): Promise<void> {
    this.#cancelTidying?.();
    await this.#journal?.close();
  }

  #count(key: string, name: string, counts: UsageCounts): void {
    const date = this.#parts.clock.date();
    const model = name.slice(0, MAX_MODEL_CHARACTERS);
    this.#journal?.add({ day: dayOf(date), hour: hourOf(date), key, model, ...counts });
  }

  async #report(query: UsageQuery): Promise<UsageResponse> {
    const { folder, logger } = this.#parts;
    let report = new UsageReport(query);
    if (folder === undefined) return report.reply();
    await this.#journal?.write();
    const begin = () => {
      report = new UsageReport(query);
    };
    await readUsage(folder, query, { begin, take: (row) => report.add(row), logger });
    for (const row of this.#journal?.pending ?? []) report.add(row);
    return report.reply();
  }

  #tidyLater(milliseconds: number): void {
    this.#cancelTidying = this.#parts.clock.after(milliseconds, () => void this.#tidy());
  }

  async #tidy(): Promise<void> {
    const { folder, clock, lock, logger } = this.#parts;
    if (folder === undefined) return;
    this.#tidyLater(TIDY_MS);
    const now = clock.date();
    const today = dayOf(now);
    if (today === this.#tidied) return;
    try {
      if (await tidyUsage({ folder, now, today, lock })) this.#tidied = today;
    } catch (error) {
      logger.debug('past usage was not added up; it is tried again', { reason: messageOf(error) });
    }
  }
}

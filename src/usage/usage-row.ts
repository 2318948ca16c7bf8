/** What is counted, and how it is written as a line of a file. */
import { isJsonObject } from '../base/json-object.ts';
import { isDay } from './usage-day.ts';

/** Everything is a sum over finished runs, except the refusals. */
export interface UsageCounts {
  /** Prompts and lists of inputs. */
  readonly requests: number;
  /** Requests that were answered with 401, 403 or 429. */
  readonly refusals: number;
  /** Tokens of prompts and inputs, those of `cached` included. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** Part of `outputTokens`. */
  readonly thinkingTokens: number;
  readonly outputTokens: number;
  /** Time from the grant of a model to the end of the run. */
  readonly milliseconds: number;
}

/** The counts of one key on one model. */
export interface UsageRow extends UsageCounts {
  /** In UTC, such as "2026-11-30". */
  readonly day: string;
  /** 0 to 23, in UTC; absent in the files of past months. */
  readonly hour?: number;
  /** ID of the API key; "" = none. */
  readonly key: string;
  /** As `ollama list` shows it; "" = none, or one that does not exist. */
  readonly model: string;
}

export const noCounts: UsageCounts = {
  requests: 0,
  refusals: 0,
  promptTokens: 0,
  cachedTokens: 0,
  thinkingTokens: 0,
  outputTokens: 0,
  milliseconds: 0,
};

const countNames = Object.keys(noCounts) as (keyof UsageCounts)[];

/** A row that can be added to. */
export type UsageSum = { -readonly [Name in keyof UsageRow]: UsageRow[Name] };

export function addCounts(sum: { -readonly [Name in keyof UsageCounts]: number }, more: UsageCounts): void {
  for (const name of countNames) sum[name] += more[name];
}

/** The longest line that is written: names of models have at most 500 characters, and each may need an escape. */
export const MAX_LINE_CHARACTERS = 4096;

/** @returns a line with its end; counts of 0 are left out */
export function encodeRow(row: UsageRow): string {
  const counts = countNames.filter((name) => row[name] !== 0).map((name) => [name, row[name]]);
  const { day, hour, key, model } = row;
  return `${JSON.stringify({ day, hour, key, model, ...Object.fromEntries(counts) })}\n`;
}

/** @returns undefined for a line that was torn, or that another program wrote */
export function decodeRow(line: string): UsageRow | undefined {
  if (line === '' || line.length > MAX_LINE_CHARACTERS) return undefined;
  const value = parsed(line);
  if (!isJsonObject(value)) return undefined;
  const { day, hour, key, model } = value;
  if (typeof day !== 'string' || !isDay(day) || typeof key !== 'string' || typeof model !== 'string') {
    return undefined;
  }
  const counts: Record<string, number> = {};
  for (const name of countNames) {
    const count = value[name] ?? 0;
    if (typeof count !== 'number' || !(count >= 0 && count <= Number.MAX_SAFE_INTEGER)) return undefined;
    counts[name] = count;
  }
  const hasHour = typeof hour === 'number' && Number.isInteger(hour) && hour >= 0 && hour < HOURS;
  return { day, ...(hasHour && { hour }), key, model, ...noCounts, ...counts };
}

const HOURS = 24;

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

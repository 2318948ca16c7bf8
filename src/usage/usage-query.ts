import type { UsageGroup } from '../api/usage.ts';
import { OllamaError } from '../base/errors.ts';
import { addDays, isDay } from './usage-day.ts';
import type { DayRange } from './usage-reader.ts';

/** For how long usage is kept. */
export const KEPT_DAYS = 400;
/** What is reported unless the query says otherwise. */
const USUAL_DAYS = 30;

const usageGroups = ['day', 'key', 'model'] as const satisfies readonly UsageGroup[];

/** What a report is about. */
export interface UsageQuery extends DayRange {
  /** ID of an API key; "" = requests without one; absent = all. */
  readonly key?: string;
  /** Absent = all. */
  readonly model?: string;
  /** Empty = only the total. */
  readonly by: readonly UsageGroup[];
}

/** A query as texts, such as those of an address. */
export type UsageQueryTexts = Readonly<Partial<Record<'from' | 'to' | 'key' | 'model' | 'by', string>>>;

/**
 * @param today in UTC, such as "2026-11-30"
 * @throws OllamaError `invalid-request`
 */
export function parseUsageQuery(texts: UsageQueryTexts, today: string): UsageQuery {
  const to = parseDay('to', texts.to) ?? today;
  const from = parseDay('from', texts.from) ?? addDays(to, 1 - USUAL_DAYS);
  if (from > to) throw invalid(`"from" (${from}) must not be after "to" (${to})`);
  const { key, model } = texts;
  return {
    from,
    to,
    by: parseGroups(texts.by ?? 'day,key,model'),
    ...(key !== undefined && { key }),
    ...(model !== undefined && { model }),
  };
}

function parseDay(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (isDay(text)) return text;
  throw invalid(`"${name}" must be a day in UTC such as 2026-11-30`);
}

/** @returns each group once, in the order in which rows are sorted */
function parseGroups(text: string): UsageGroup[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const known: ReadonlySet<string> = new Set(usageGroups);
  if (words.every((word) => known.has(word))) return usageGroups.filter((group) => words.includes(group));
  throw invalid(`"by" must list some of ${usageGroups.join(', ')}, separated by commas`);
}

function invalid(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}

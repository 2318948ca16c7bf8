/** Figures of the usage, by day for the plot. */
import type { UsageEntry, UsageFigures } from '../../../api/usage.ts';

export const figureNames = ['output_tokens', 'prompt_tokens', 'requests'] as const;
export type FigureName = (typeof figureNames)[number];

const DAY_MS = 24 * 3_600_000;

export interface DayValue {
  /** In UTC, such as "2026-11-30". */
  readonly day: string;
  readonly value: number;
}

/** Every day from the first to the last one, also those without requests. */
export function dayValues(
  { from, to, usage }: { from: string; to: string; usage: readonly UsageEntry[] },
  figure: FigureName,
): DayValue[] {
  const byDay = new Map(usage.map((entry) => [entry.day, entry[figure]]));
  const days: DayValue[] = [];
  for (let time = Date.parse(from); time <= Date.parse(to); time += DAY_MS) {
    const day = new Date(time).toISOString().slice(0, 10);
    days.push({ day, value: byDay.get(day) ?? 0 });
  }
  return days;
}

/** The day so many days before another, both counted: 1 is the day itself. */
export function firstDay(today: string, days: number): string {
  return new Date(Date.parse(today) - (days - 1) * DAY_MS).toISOString().slice(0, 10);
}

export interface Bar extends DayValue {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Bars for a drawing of this size, from 0 at its bottom to the largest value at its top. */
export function barsOf(values: readonly DayValue[], width: number, height: number): Bar[] {
  const most = Math.max(1, ...values.map(({ value }) => value));
  const step = width / Math.max(1, values.length);
  return values.map((entry, index) => {
    const tall = (entry.value / most) * height;
    return { ...entry, x: index * step, y: height - tall, width: step * 0.8, height: tall };
  });
}

/** Whoever used most comes first. */
export function largestFirst<Entry extends UsageFigures>(
  entries: readonly Entry[],
  figure: FigureName,
): Entry[] {
  return [...entries].sort((left, right) => right[figure] - left[figure]);
}

/** Days and hours of usage. All of them are in UTC, so that servers in different time zones can share a folder. */

export const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

const dayPattern = /^\d{4}-\d\d-\d\d$/;

/** The last day that this notation can name; the first is in 1970. A clock may be set to any time. */
const LAST_MS = Date.UTC(9999, 11, 31);

/** @param date milliseconds since the epoch @returns such as "2026-11-30" */
export function dayOf(date: number): string {
  return new Date(Math.min(Math.max(date, 0), LAST_MS)).toISOString().slice(0, 'YYYY-MM-DD'.length);
}

/** @param date milliseconds since the epoch @returns 0 to 23 */
export function hourOf(date: number): number {
  return new Date(date).getUTCHours();
}

/** Whether a text names a day that exists. */
export function isDay(text: string): boolean {
  if (!dayPattern.test(text)) return false;
  const date = Date.parse(text);
  return !Number.isNaN(date) && dayOf(date) === text;
}

/** @param days may be negative */
export function addDays(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY_MS);
}

/** @returns such as "2026-11" */
export function monthOf(day: string): string {
  return day.slice(0, 'YYYY-MM'.length);
}

export function lastDayOf(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return dayOf(Date.UTC(year, number, 0));
}

/** Formats numbers, sizes and times for tables, in Ollama's wording. */

const KILO = 1e3;
const MEGA = 1e6;
const GIGA = 1e9;
const TERA = 1e12;

/** "4.7 GB": decimal units, without decimals from 10 on; below that one decimal unless the value is whole. */
export function humanBytes(bytes: number): string {
  const units: readonly [number, string][] = [
    [TERA, 'TB'],
    [GIGA, 'GB'],
    [MEGA, 'MB'],
    [KILO, 'KB'],
  ];
  const [size, name] = units.find(([unit]) => bytes >= unit) ?? [1, 'B'];
  const value = bytes / size;
  const short = value >= 10 || Number.isInteger(value);
  return `${short ? Math.trunc(value) : value.toFixed(1)} ${name}`;
}

/** "134.52M", "1.1B", "12K": a parameter count. */
export function humanNumber(count: number): string {
  const scaled = (unit: number, digits: number) =>
    (count / unit).toFixed(Number.isInteger(count / unit) ? 0 : digits);
  if (count >= GIGA) return `${scaled(GIGA, 1)}B`;
  if (count >= MEGA) return `${scaled(MEGA, 2)}M`;
  if (count >= KILO) return `${scaled(KILO, 0)}K`;
  return String(count);
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const HOURS_PER_DAY = 24;
const HOURS_PER_WEEK = 7 * HOURS_PER_DAY;
const HOURS_PER_MONTH = 30 * HOURS_PER_DAY;
const HOURS_PER_YEAR = 365 * HOURS_PER_DAY;

/** A time more than this many years ahead is shown as "Forever". */
const FOREVER_YEARS = 20;

/**
 * "3 weeks ago", "4 minutes from now", "Forever".
 * @param time milliseconds since the epoch; Infinity is "Forever", undefined "Never"
 * @param now milliseconds since the epoch
 */
export function humanTime(time: number | undefined, now: number): string {
  if (time === undefined) return 'Never';
  const age = now - time;
  if (age >= 0) return `${humanDuration(age)} ago`;
  if (Math.floor(-age / HOUR_MS / HOURS_PER_YEAR) > FOREVER_YEARS) return 'Forever';
  return `${humanDuration(-age)} from now`;
}

/** "About a minute", "3 weeks": a duration in its largest sensible unit. */
function humanDuration(milliseconds: number): string {
  if (milliseconds < SECOND_MS) return 'Less than a second';
  if (milliseconds < 2 * SECOND_MS) return '1 second';
  if (milliseconds < MINUTE_MS) return `${Math.floor(milliseconds / SECOND_MS)} seconds`;
  if (milliseconds < 2 * MINUTE_MS) return 'About a minute';
  if (milliseconds < HOUR_MS) return `${Math.floor(milliseconds / MINUTE_MS)} minutes`;
  const hours = Math.round(milliseconds / HOUR_MS);
  if (hours === 1) return 'About an hour';
  if (hours < 2 * HOURS_PER_DAY) return `${hours} hours`;
  if (hours < 2 * HOURS_PER_WEEK) return `${Math.floor(hours / HOURS_PER_DAY)} days`;
  if (hours < 2 * HOURS_PER_MONTH) return `${Math.floor(hours / HOURS_PER_WEEK)} weeks`;
  if (hours < 2 * HOURS_PER_YEAR) return `${Math.floor(hours / HOURS_PER_MONTH)} months`;
  return `${Math.floor(milliseconds / HOUR_MS / HOURS_PER_YEAR)} years`;
}

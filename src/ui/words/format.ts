/** Numbers with their units, as the whole page writes them. */
const KILO = 1000;
const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

/** At most two figures after the first, and none that says nothing: 1.9 GB, 640 MB. */
function figures(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

/** @param bytes in powers of 1000, as `ollama list` shows them */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= KILO && unit < byteUnits.length - 1) {
    value /= KILO;
    unit += 1;
  }
  return `${unit === 0 ? value : figures(value)} ${byteUnits[unit] ?? 'B'}`;
}

/** @param nanoseconds as the native API measures */
export function durationText(nanoseconds: number): string {
  const milliseconds = nanoseconds / 1e6;
  if (Math.round(milliseconds) < KILO) return `${milliseconds.toFixed(0)} ms`;
  const seconds = milliseconds / KILO;
  const whole = Math.round(seconds);
  if (whole < 60) return `${figures(seconds)} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A rate without its unit, with at most three figures. */
export function rateText(rate: number): string {
  return rate >= 100 ? countText(rate) : rate.toFixed(rate >= 10 ? 0 : 1);
}

/** A whole number with thin spaces between groups of digits. */
export function countText(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

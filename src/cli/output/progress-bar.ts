import { humanBytes } from '../../base/human.ts';
import { cutToWidth, textWidth } from './cut-to-width.ts';

export interface ProgressLine {
  readonly status: string;
  /** Bytes; undefined for a status without sizes. */
  readonly total: number | undefined;
  /** Bytes. */
  readonly completed: number;
  /** Bytes per second; undefined if unknown. */
  readonly rate: number | undefined;
  /** Shown in front of a status; "" for none. */
  readonly spinner: string;
  /** Maximum number of columns. */
  readonly room: number;
}

const MIN_BAR = 5;
const MAX_BAR = 40;
/** Columns of "▕" and "▏". */
const FRAME_WIDTH = 2;
/** Fixed widths of " 999 MB/999 MB  999 MB/s  99m59s", so that the bars of several lines are aligned. */
const SIZES_WIDTH = 14;
const RATE_WIDTH = 10;
const TIME_WIDTH = 8;
const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
const MAX_HOURS = 99;

/** Formats a time as "1h2m", "1m2s" or "9s". */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / SECONDS_PER_HOUR);
  if (hours > MAX_HOURS) return `${MAX_HOURS}h+`;
  if (hours > 0) return `${hours}h${Math.floor((whole % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE)}m`;
  if (whole < SECONDS_PER_MINUTE) return `${whole}s`;
  return `${Math.floor(whole / SECONDS_PER_MINUTE)}m${whole % SECONDS_PER_MINUTE}s`;
}

/** Sizes, rate and time left: " 1.2 GB/4.7 GB", "  50 MB/s", "  1m2s". Each is "" if there is none. */
export function measures({
  total = 0,
  completed,
  rate,
}: Pick<ProgressLine, 'total' | 'completed' | 'rate'>): {
  sizes: string;
  rate: string;
  time: string;
} {
  if (completed >= total) return { sizes: ` ${humanBytes(total)}`, rate: '', time: '' };
  const sizes = ` ${humanBytes(completed)}/${humanBytes(total)}`;
  if (rate === undefined) return { sizes, rate: '', time: '' };
  const speed = `  ${humanBytes(Math.round(rate))}/s`;
  return { sizes, rate: speed, time: rate < 1 ? '' : `  ${clockText((total - completed) / rate)}` };
}

/**
 * Formats one line: a status, or for bytes `pulling 74701a8c35f6:  42% ▕███   ▏ 1.2 GB/4.7 GB  50 MB/s  1m2s`. If there
 * is too little room, it omits time, rate, sizes and bar, in this order, and then cuts the status. The percentage stays.
 */
export function progressLine(line: ProgressLine): string {
  const { status, total, completed, spinner, room } = line;
  if (total === undefined) return cutToWidth(`${spinner}${status}`, room);
  const percent = `${String(Math.floor((completed / total) * 100)).padStart(3)}%`;
  const left = `${status}: ${percent} `;
  const { sizes, rate, time } = measures(line);
  const parts = [sizes.padEnd(SIZES_WIDTH), rate.padEnd(RATE_WIDTH), time.padEnd(TIME_WIDTH)];
  for (let shown = parts.length; shown >= 0; shown--) {
    const right = parts.slice(0, shown).join('');
    const free = room - textWidth(left) - right.length - FRAME_WIDTH;
    if (free >= MIN_BAR) return left + bar(completed / total, Math.min(MAX_BAR, free)) + right;
  }
  return narrowLine(status, percent.trim(), room);
}

export function bar(share: number, width: number): string {
  // Rounded down, so that a full bar means that everything has arrived.
  const filled = Math.floor(share * width);
  return `▕${'█'.repeat(filled)}${' '.repeat(width - filled)}▏`;
}

function narrowLine(status: string, percent: string, room: number): string {
  const forStatus = room - percent.length - 1;
  return forStatus > 0 ? `${cutToWidth(status, forStatus)} ${percent}` : cutToWidth(percent, room);
}

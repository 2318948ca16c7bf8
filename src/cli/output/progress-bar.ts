import type { ProgressResponse } from '../../api/common.ts';
import { humanBytes } from '../../base/human.ts';

export interface ProgressRow {
  readonly event: ProgressResponse;
  /** Milliseconds. */
  readonly startedAt: number;
  readonly startedWith: number;
  readonly now: number;
  readonly spinner: string;
  readonly columns: number;
}

const MIN_BAR = 5;
const MAX_BAR = 40;
const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;

/** "1h2m", "1m2s", "9s" */
function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= SECONDS_PER_HOUR) {
    return `${Math.floor(whole / SECONDS_PER_HOUR)}h${Math.floor((whole % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE)}m`;
  }
  if (whole < SECONDS_PER_MINUTE) return `${whole}s`;
  return `${Math.floor(whole / SECONDS_PER_MINUTE)}m${whole % SECONDS_PER_MINUTE}s`;
}

/** One line: a status, or for bytes `pulling 74701a8c35f6: 42% ▕███   ▏ 1.2 GB/4.7 GB  50 MB/s  1m2s`. */
export function progressLine(row: ProgressRow): string {
  const { event, spinner, columns } = row;
  if (event.total === undefined || event.total <= 0) return `${spinner}${event.status}`.slice(0, columns);
  const completed = Math.min(event.completed ?? 0, event.total);
  const percent = Math.floor((completed / event.total) * 100);
  const left = `${spinner}${event.status}: ${String(percent).padStart(3)}% `;
  const right = ` ${humanBytes(completed)}/${humanBytes(event.total)}${rateText(row, completed, event.total)}`;
  const room = Math.min(MAX_BAR, columns - left.length - right.length - 2);
  if (room < MIN_BAR) return `${left}${right.trim()}`.slice(0, columns);
  const filled = Math.round((completed / event.total) * room);
  return `${left}▕${'█'.repeat(filled)}${' '.repeat(room - filled)}▏${right}`;
}

function rateText({ startedAt, startedWith, now }: ProgressRow, completed: number, total: number): string {
  const seconds = (now - startedAt) / 1000;
  if (completed >= total || seconds < 1 || completed <= startedWith) return '';
  const rate = (completed - startedWith) / seconds;
  return `  ${humanBytes(rate)}/s  ${clockText((total - completed) / rate)}`;
}

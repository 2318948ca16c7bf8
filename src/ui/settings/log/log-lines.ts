/** The lines of the log that the page keeps and shows. */
import type { LogEvent, LogLine } from '../../../api/logs.ts';

export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof levels)[number];

/** A line, or a number of lines that are missing, with a number that names it on the page. */
export type KeptLine = LogEvent & { readonly number: number };

/** As many as the server sends at once; a browser shows them all without delay. */
const MAX_LINES = 1000;

/** The lines after others have come; the oldest go. An event that only keeps the connection alive is none. */
export function withLines(kept: readonly KeptLine[], events: readonly LogEvent[]): readonly KeptLine[] {
  const news = events.filter((event) => !('lost' in event) || event.lost > 0);
  if (news.length === 0) return kept;
  const first = (kept.at(-1)?.number ?? 0) + 1;
  return [...kept, ...news.map((event, index) => ({ ...event, number: first + index }))].slice(-MAX_LINES);
}

/** @param needle in lower case; '' = every line */
export function isShown(line: KeptLine, lowest: LogLevel, needle: string): boolean {
  if ('lost' in line) return true;
  if (levels.indexOf(line.level) < levels.indexOf(lowest)) return false;
  return needle === '' || `${line.message} ${fieldsText(line)}`.toLowerCase().includes(needle);
}

/** The fields of a line: "model=m status=200". */
export function fieldsText({ fields = {} }: Pick<LogLine, 'fields'>): string {
  return Object.entries(fields)
    .map(
      ([name, value]) =>
        `${name}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`,
    )
    .join(' ');
}

import type { ConvertReport } from '../../convert/plan/convert-plan.ts';

/** Lines of each kind that a user is shown; a folder may name a hundred thousand tensors. */
const MOST_LINES = 50;
/** Characters of a line. */
const LONGEST_TEXT = 2000;

/** Shortens what a folder's author chose the length of: the report becomes status lines and part of the model. */
export function boundedReport(report: ConvertReport): ConvertReport {
  return {
    ...report,
    source: boundedText(report.source),
    dropped: boundedLines(report.dropped),
    warnings: boundedLines(report.warnings),
  };
}

export function boundedText(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;
}

function boundedLines(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_LINES).map(boundedText);
  return lines.length === shown.length ? shown : [...shown, `and ${lines.length - shown.length} more`];
}

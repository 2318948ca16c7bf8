import type { ConvertReport } from '../../convert/plan/convert-plan.ts';
import { readable } from '../../convert/readable-messages.ts';

/** Lines of each kind that a user is shown; a folder may name a hundred thousand tensors. */
const MOST_LINES = 50;
/** Shortens what a folder's author chose the length of: the report becomes status lines and a part of the model. */
export function boundedReport(report: ConvertReport): ConvertReport {
  return {
    ...report,
    source: readable(report.source),
    dropped: boundedLines(report.dropped),
    warnings: boundedLines(report.warnings),
  };
}

function boundedLines(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_LINES).map(readable);
  return lines.length === shown.length ? shown : [...shown, `and ${lines.length - shown.length} more`];
}

import type { Metrics } from '../../api/common.ts';
import { formatDuration } from '../../base/duration.ts';
import { NANOSECONDS_PER_MILLISECOND, NANOSECONDS_PER_SECOND } from '../../base/units.ts';

const LABEL_WIDTH = 22;

function line(label: string, value: string): string {
  return `${`${label}:`.padEnd(LABEL_WIDTH)}${value}\n`;
}

/** The lines that `--verbose` prints; values of zero are omitted. */
export function timingSummary(metrics: Metrics): string {
  const duration = (label: string, nanoseconds = 0) =>
    nanoseconds > 0 ? line(label, formatDuration(nanoseconds / NANOSECONDS_PER_MILLISECOND)) : '';
  const work = (label: string, count = 0, nanoseconds = 0) => {
    const rate = (count / nanoseconds) * NANOSECONDS_PER_SECOND;
    return [
      count > 0 ? line(`${label} count`, `${count} token(s)`) : '',
      duration(`${label} duration`, nanoseconds),
      count > 0 && nanoseconds > 0 ? line(`${label} rate`, `${rate.toFixed(2)} tokens/s`) : '',
    ].join('');
  };
  return [
    duration('total duration', metrics.total_duration),
    duration('load duration', metrics.load_duration),
    work('prompt eval', metrics.prompt_eval_count, metrics.prompt_eval_duration),
    work('eval', metrics.eval_count, metrics.eval_duration),
  ].join('');
}

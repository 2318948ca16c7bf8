import type { RowRange } from './graph-base.ts';
import type { Pace } from './pace.ts';
import type { Pass } from './program.ts';

/** What of an encoder is computed in one graph, without a chance for others in between. */
export interface StagePart {
  /** Index of the pass. */
  readonly pass: number;
  readonly rows: RowRange;
}

export interface StageLimits {
  /** Aim for the time of one stage. */
  readonly seconds: number;
  /** The same while nobody else waits: fewer stages, of which each builds a graph. Absent = `seconds`. */
  readonly aloneSeconds?: number;
  /** Most memory for values inside one graph, unless a single row needs more. */
  readonly bytes: number;
}

/** Most passes in one graph, so that its nodes stay far below `MOST_NODES`. */
const MOST_PASSES = 64;

type Planned = Pick<Pass, 'kind' | 'rows' | 'work' | 'rowBytes'>;

/**
 * Decides what to compute next: as many whole passes as fit into the limits, or part of one that does not fit. The parts of
 * one pass have about the same size.
 * @param at the first pass that is not finished, and its first row that is missing
 */
export function nextStage(
  passes: readonly Planned[],
  at: { readonly pass: number; readonly row: number },
  pace: Pace,
  { seconds, bytes }: StageLimits,
): StagePart[] {
  const whole: StagePart[] = [];
  let left = seconds;
  for (let index = at.pass; at.row === 0 && index < passes.length && whole.length < MOST_PASSES; index++) {
    const pass = passes[index];
    if (pass === undefined) break;
    left -= pace.seconds({ kind: pass.kind, multiplications: pass.rows * pass.work });
    if (left < 0 || pass.rows * pass.rowBytes > bytes) break;
    whole.push({ pass: index, rows: { from: 0, to: pass.rows } });
  }
  const next = passes[at.pass];
  if (whole.length > 0 || next === undefined) return whole;
  const rows = partRows(next, next.rows - at.row, pace, { seconds, bytes });
  return [{ pass: at.pass, rows: { from: at.row, to: at.row + rows } }];
}

function partRows(
  { kind, work, rowBytes }: Planned,
  remaining: number,
  pace: Pace,
  { seconds, bytes }: StageLimits,
): number {
  const inTime = seconds / pace.seconds({ kind, multiplications: work });
  const inMemory = bytes / rowBytes;
  const most = Math.max(1, Math.floor(Math.min(inTime, inMemory, remaining)));
  return Math.ceil(remaining / Math.ceil(remaining / most));
}

/** Where the timeline draws what, and what is at a place. Lengths are CSS pixels, times milliseconds since 1970. */
import type { Lane, Phase } from './phases.ts';

/** Of lanes and of the lines with the model's name above them; the style sheet has the same. */
export const ROW_HEIGHT = 24;
/** Height of the scale below the lanes. */
const SCALE_HEIGHT = 20;
/** How far from a block the pointer still means it. */
const TOLERANCE = 4;

export interface View {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

export interface Row {
  readonly top: number;
  readonly model: string;
  readonly runner: number;
  /** Absent for the line with the model's name. */
  readonly lane?: Lane;
}

/** The rows from top to bottom: the models in order of their loads, each with its lanes. */
export function rowsOf(lanes: Iterable<Lane>): Row[] {
  const sorted = [...lanes].sort((a, b) => a.runner - b.runner || a.slot - b.slot);
  const rows: Row[] = [];
  let runner: number | undefined;
  for (const lane of sorted) {
    if (lane.runner !== runner)
      rows.push({ top: rows.length * ROW_HEIGHT, model: lane.model, runner: lane.runner });
    runner = lane.runner;
    rows.push({ top: rows.length * ROW_HEIGHT, model: lane.model, runner: lane.runner, lane });
  }
  return rows;
}

export function heightOf(rows: readonly Row[]): number {
  return rows.length * ROW_HEIGHT + SCALE_HEIGHT;
}

export function timeToX(time: number, { from, to, width }: View): number {
  return ((time - from) / (to - from)) * width;
}

function xToTime(x: number, { from, to, width }: View): number {
  return from + (x / width) * (to - from);
}

export function endOf(phase: Phase, view: View): number {
  return phase.open ? view.to : phase.endedAt;
}

/** The phases of a lane of which a part is in view, in order of time. */
export function phasesInView(lane: Lane, view: View): Phase[] {
  return lane.phases.filter((phase) => endOf(phase, view) >= view.from && phase.startedAt <= view.to);
}

/** The phase at a place, or the nearest one within a few pixels. */
export function phaseAt(rows: readonly Row[], view: View, x: number, y: number): Phase | undefined {
  const lane = rows[Math.floor(y / ROW_HEIGHT)]?.lane;
  if (!lane) return undefined;
  const time = xToTime(x, view);
  const tolerance = (TOLERANCE / view.width) * (view.to - view.from);
  let nearest: Phase | undefined;
  let least = tolerance;
  for (const phase of phasesInView(lane, view)) {
    const distance = Math.max(phase.startedAt - time, time - endOf(phase, view), 0);
    if (distance <= least && (nearest === undefined || distance < least)) {
      nearest = phase;
      least = distance;
    }
  }
  return nearest;
}

export type Move = 'left' | 'right' | 'up' | 'down' | 'first' | 'last';

/** The phase to which a key goes from another one. Without one, the latest phase in view. */
export function phaseAfterMove(
  rows: readonly Row[],
  view: View,
  from: Phase | undefined,
  move: Move,
): Phase | undefined {
  const lanes = rows
    .flatMap(({ lane }) => (lane ? [phasesInView(lane, view)] : []))
    .filter((phases) => phases.length > 0);
  const place = lanes.findIndex((phases) => from !== undefined && phases.includes(from));
  const own = lanes[place];
  if (!own || !from) return latest(lanes.flat());
  const index = own.indexOf(from);
  if (move === 'left') return own[index - 1] ?? from;
  if (move === 'right') return own[index + 1] ?? from;
  if (move === 'first') return own[0];
  if (move === 'last') return own.at(-1);
  const other = lanes[place + (move === 'up' ? -1 : 1)];
  return other ? nearestTo(other, middleOf(from, view), view) : from;
}

function latest(phases: readonly Phase[]): Phase | undefined {
  return phases.reduce<Phase | undefined>(
    (last, phase) => (!last || phase.startedAt > last.startedAt ? phase : last),
    undefined,
  );
}

function middleOf(phase: Phase, view: View): number {
  return (Math.max(phase.startedAt, view.from) + Math.min(endOf(phase, view), view.to)) / 2;
}

function nearestTo(phases: readonly Phase[], time: number, view: View): Phase | undefined {
  const distance = (phase: Phase) => Math.max(phase.startedAt - time, time - endOf(phase, view), 0);
  return phases.reduce<Phase | undefined>(
    (best, phase) => (!best || distance(phase) < distance(best) ? phase : best),
    undefined,
  );
}

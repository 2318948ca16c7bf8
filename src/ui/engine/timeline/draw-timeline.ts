/** Draws the timeline on a canvas. */
import type { Colours } from '../colours.ts';
import type { EngineHistory } from '../engine-history.ts';
import { timeMarks } from '../plots/scales.ts';
import type { Lane, Phase, Step } from './phases.ts';
import { endOf, phasesInView, ROW_HEIGHT, type Row, timeToX, type View } from './timeline-layout.ts';

export interface Drawing {
  readonly rows: readonly Row[];
  readonly view: View;
  /** Outlined, with all other phases of its run. */
  readonly marked: Phase | undefined;
  readonly nameOf: (run: number) => string;
  readonly scaleLabel: (seconds: number) => string;
}

/** Space above and below the blocks of a lane. */
const PAD = 3;
const BLOCK_HEIGHT = ROW_HEIGHT - 2 * PAD;
/** Steps wider than this are drawn apart from each other. */
const APART = 6;
/** Steps with drafts are drawn together up to this width, so that their shares can be seen. */
const SHARES_WIDTH = 4;
/** About the width of a character; measuring each name in each frame would cost more than drawing it. */
const CHARACTER_WIDTH = 7;

export function drawTimeline(
  context: CanvasRenderingContext2D,
  history: EngineHistory,
  colours: Colours,
  drawing: Drawing,
): void {
  const { rows, view } = drawing;
  context.clearRect(0, 0, view.width, rows.length * ROW_HEIGHT + ROW_HEIGHT);
  context.font = colours.font;
  context.textBaseline = 'middle';
  drawScale(context, colours, drawing);
  for (const { lane, top } of rows) {
    if (!lane) continue;
    drawIdle(context, history, colours, { lane, top, view });
    for (const phase of phasesInView(lane, view)) {
      drawPhase(context, colours, { phase, top: top + PAD, view });
      drawName(context, colours, { phase, top, drawing });
    }
  }
}

function drawScale(
  context: CanvasRenderingContext2D,
  colours: Colours,
  { rows, view, scaleLabel }: Drawing,
): void {
  const bottom = rows.length * ROW_HEIGHT;
  const length = (view.to - view.from) / 1000;
  for (const seconds of timeMarks(length, view.width)) {
    const x = Math.round(timeToX(view.to - seconds * 1000, view));
    context.fillStyle = colours.line;
    context.fillRect(Math.min(x, view.width - 1), 0, 1, bottom + 4);
    context.fillStyle = colours.label;
    context.textAlign = seconds === 0 ? 'right' : seconds >= length ? 'left' : 'center';
    context.fillText(scaleLabel(seconds), x, bottom + 12);
  }
}

/** The slot exists and nothing is known to happen in it: a thin strip where the page was watching. */
function drawIdle(
  context: CanvasRenderingContext2D,
  history: EngineHistory,
  colours: Colours,
  { lane, top, view }: { lane: Lane; top: number; view: View },
): void {
  context.fillStyle = colours.idle;
  for (const { from, to } of history.watched) {
    const start = timeToX(Math.max(from, lane.since, view.from), view);
    const end = timeToX(Math.min(to ?? view.to, lane.until ?? view.to, view.to), view);
    if (end > start) context.fillRect(start, top + ROW_HEIGHT / 2 - 2, end - start, 4);
  }
}

interface Placed {
  readonly phase: Phase;
  readonly top: number;
  readonly view: View;
}

function drawPhase(context: CanvasRenderingContext2D, colours: Colours, { phase, top, view }: Placed): void {
  if (phase.kind === 'load') {
    const start = timeToX(Math.max(phase.startedAt, view.from), view);
    context.fillStyle = colours.load;
    context.fillRect(start, top, Math.max(1, timeToX(endOf(phase, view), view) - start), BLOCK_HEIGHT);
    return;
  }
  const base = phase.kind === 'prefill' ? colours.prefill : colours.decode;
  const sums = { taken: 0, refused: 0, own: 0 };
  let start = 0;
  let end = Number.NEGATIVE_INFINITY;
  const flush = () => {
    if (end > start) drawBlock(context, colours, { start, end, top, base, ...sums });
    sums.taken = sums.refused = sums.own = 0;
  };
  for (const step of phase.steps) {
    if (step.endedAt < view.from || step.startedAt > view.to) continue;
    const from = timeToX(step.startedAt, view);
    const to = timeToX(step.endedAt, view);
    const isApart = from - end >= 1 || to - from > APART;
    if (isApart || (end - start >= SHARES_WIDTH && hasDrafts(step, sums))) {
      flush();
      start = from;
    }
    end = Math.max(to, from + 1);
    sums.taken += step.draftTaken;
    sums.refused += step.draftRefused;
    sums.own += Math.max(0, step.tokens - step.draftTaken);
  }
  flush();
}

function hasDrafts(step: Step, { taken, refused }: { taken: number; refused: number }): boolean {
  return taken + refused + step.draftTaken + step.draftRefused > 0;
}

/** One block; its height is divided between tokens of the model, and drafts that it took and refused. */
function drawBlock(
  context: CanvasRenderingContext2D,
  colours: Colours,
  block: {
    start: number;
    end: number;
    top: number;
    base: string;
    taken: number;
    refused: number;
    own: number;
  },
): void {
  const { start, top, taken, refused, own } = block;
  const width = block.end - start > APART ? block.end - start - 1 : block.end - start;
  context.fillStyle = block.base;
  context.fillRect(start, top, width, BLOCK_HEIGHT);
  const all = taken + refused + own;
  if (taken + refused === 0) return;
  const takenHeight = (taken / all) * BLOCK_HEIGHT;
  const refusedHeight = (refused / all) * BLOCK_HEIGHT;
  context.fillStyle = colours.draft;
  context.fillRect(start, top + BLOCK_HEIGHT - refusedHeight - takenHeight, width, takenHeight);
  context.fillStyle = colours.refused;
  context.fillRect(start, top + BLOCK_HEIGHT - refusedHeight, width, refusedHeight);
}

function drawName(
  context: CanvasRenderingContext2D,
  colours: Colours,
  { phase, top, drawing }: { phase: Phase; top: number; drawing: Drawing },
): void {
  const { view, marked, nameOf } = drawing;
  const start = timeToX(Math.max(phase.startedAt, view.from), view);
  const width = timeToX(endOf(phase, view), view) - start;
  const label = phase.run === undefined ? '' : labelThatFits(phase.run, nameOf(phase.run), width - 8);
  if (label !== '') {
    context.fillStyle = colours.onBlock;
    context.textAlign = 'left';
    context.fillText(label, start + 4, top + ROW_HEIGHT / 2);
  }
  if (!marked) return;
  if (phase !== marked && (phase.run === undefined || phase.run !== marked.run)) return;
  context.strokeStyle = phase === marked ? colours.text : colours.accent;
  context.lineWidth = phase === marked ? 2 : 1;
  context.strokeRect(start, top + PAD - 1, Math.max(2, width), BLOCK_HEIGHT + 2);
}

/** The name of a run, its number alone, or nothing. @param room CSS pixels */
function labelThatFits(run: number, name: string, room: number): string {
  const fits = (text: string) => text.length * CHARACTER_WIDTH <= room;
  const number = String(run);
  return fits(name) ? name : fits(number) ? number : '';
}

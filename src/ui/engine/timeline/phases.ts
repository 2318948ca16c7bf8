/** The blocks of the engine's events as lanes of phases: what one run did in one slot, without interruption by another. */
import type { EngineBlock, EngineShare } from '../../../api/engine-events.ts';

/** What was computed in one go; steps of at most about 100 ms. Times are milliseconds since 1970 on the server's clock. */
export interface Step {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Tokens of the prompt or of the answer, those of drafts among them. */
  readonly tokens: number;
  readonly draftTaken: number;
  readonly draftRefused: number;
}

/** The prefill or the decode of one run in one slot, or the load of the slot's model. */
export interface Phase {
  /** Unique in the page. */
  readonly id: number;
  readonly kind: 'prefill' | 'decode' | 'load';
  /** Absent for a load. */
  readonly run?: number;
  readonly startedAt: number;
  endedAt: number;
  /** Whether it still goes on, so that it reaches until now. */
  open: boolean;
  /** Time of its steps in milliseconds; less than its duration when it had to wait in between. */
  busyMs: number;
  tokens: number;
  draftTaken: number;
  draftRefused: number;
  /** In order of time; none for a load. */
  steps: Step[];
}

/** One slot of one runner. */
export interface Lane {
  readonly key: string;
  readonly runner: number;
  readonly slot: number;
  readonly model: string;
  /** When the slot began to exist, and when its runner ended. */
  since: number;
  until: number | undefined;
  /** In order of time. */
  phases: Phase[];
}

export function laneKey(runner: number, slot: number): string {
  return `${runner}/${slot}`;
}

interface Piece extends Step {
  readonly kind: 'prefill' | 'decode';
}

/**
 * When a run computed within a block. Its prefill comes before its decode. A run with a prefill may have begun in the middle of the block,
 * so that its pieces end with the block; one without may have ended in the middle, so that its piece begins with the block.
 */
export function piecesOf(block: EngineBlock, share: EngineShare): Piece[] {
  const { prefill_ms, decode_ms } = share;
  const start = block.started_at;
  const end = start + block.duration_ms;
  const busy = Math.min(block.duration_ms, prefill_ms + decode_ms);
  const from = prefill_ms > 0 ? end - busy : start;
  // A call that computes the end of a prompt and the first token of the answer counts for both.
  const border = Math.min(from + prefill_ms, from + busy);
  const pieces: Piece[] = [];
  if (prefill_ms > 0) {
    const tokens = share.prefill_tokens;
    pieces.push({
      kind: 'prefill',
      startedAt: from,
      endedAt: border,
      tokens,
      draftTaken: 0,
      draftRefused: 0,
    });
  }
  if (decode_ms > 0 || share.decode_tokens > 0) {
    const { decode_tokens: tokens, draft_taken: draftTaken, draft_refused: draftRefused } = share;
    pieces.push({
      kind: 'decode',
      startedAt: border,
      endedAt: from + busy,
      tokens,
      draftTaken,
      draftRefused,
    });
  }
  return pieces;
}

/** Adds a piece to the lane's last phase if it goes on with it, or begins a phase. */
export function addPiece(lane: Lane, run: number, { kind, ...step }: Piece, nextId: () => number): void {
  const last = lane.phases.at(-1);
  if (last?.run === run && last.kind === kind) {
    last.endedAt = Math.max(last.endedAt, step.endedAt);
    last.busyMs += step.endedAt - step.startedAt;
    last.tokens += step.tokens;
    last.draftTaken += step.draftTaken;
    last.draftRefused += step.draftRefused;
    last.steps.push(step);
    return;
  }
  const { startedAt, endedAt, tokens, draftTaken, draftRefused } = step;
  const busyMs = endedAt - startedAt;
  const sums = { tokens, draftTaken, draftRefused, busyMs };
  lane.phases.push({ id: nextId(), kind, run, startedAt, endedAt, open: false, ...sums, steps: [step] });
}

/** Forgets what ended before a time. The sums of a phase that goes on keep all of it. */
export function forgetBefore(lane: Lane, horizon: number): void {
  const kept = lane.phases.findIndex(({ endedAt, open }) => open || endedAt >= horizon);
  if (kept !== 0) lane.phases = kept < 0 ? [] : lane.phases.slice(kept);
  for (const phase of lane.phases) {
    if (phase.startedAt >= horizon) break;
    const first = phase.steps.findIndex(({ endedAt }) => endedAt >= horizon);
    if (first > 0) phase.steps = phase.steps.slice(first);
  }
}

import { expect, it } from 'vitest';
import type { EngineBlock, EngineShare } from '../../../api/engine-events.ts';
import { addPiece, forgetBefore, type Lane, piecesOf } from './phases.ts';

const share = (fields: Partial<EngineShare>): EngineShare => ({
  ...{ run: 1, slot: 0, prefill_ms: 0, decode_ms: 0, prefill_tokens: 0, decode_tokens: 0 },
  ...{ draft_taken: 0, draft_refused: 0 },
  ...fields,
});
const block = (shares: EngineShare[], started_at = 1000, duration_ms = 100): EngineBlock => ({
  ...{ runner: 1, started_at, duration_ms, calls: 4, tokens: 10, shares },
});
const times = (one: EngineShare) =>
  piecesOf(block([one]), one).map(({ kind, startedAt, endedAt }) => [kind, startedAt, endedAt]);
const emptyLane = (): Lane => ({
  ...{ key: '1/0', runner: 1, slot: 0, model: 'm', since: 0, until: undefined, phases: [] },
});

it('draws the prefill of a run before its decode', () => {
  const both = share({ prefill_ms: 60, decode_ms: 40, prefill_tokens: 128, decode_tokens: 3 });
  expect(times(both)).toEqual([
    ['prefill', 1000, 1060],
    ['decode', 1060, 1100],
  ]);
});

it('lets a run that began in the middle of a block end with it, and one that ended begin with it', () => {
  expect(times(share({ prefill_ms: 30, prefill_tokens: 64 }))).toEqual([['prefill', 1070, 1100]]);
  expect(times(share({ decode_ms: 30, decode_tokens: 2 }))).toEqual([['decode', 1000, 1030]]);
});

it('never draws outside of the block when one call counts for prefill and decode', () => {
  const both = share({ prefill_ms: 90, decode_ms: 50, prefill_tokens: 512, decode_tokens: 2 });
  expect(times(both)).toEqual([
    ['prefill', 1000, 1090],
    ['decode', 1090, 1100],
  ]);
});

it('joins what a run goes on with, and keeps runs and kinds apart', () => {
  const lane = emptyLane();
  let id = 0;
  const add = (one: EngineShare, startedAt: number) => {
    for (const piece of piecesOf(block([one], startedAt), one)) addPiece(lane, one.run, piece, () => ++id);
  };
  add(share({ prefill_ms: 100, prefill_tokens: 64 }), 1000);
  add(share({ prefill_ms: 100, prefill_tokens: 32 }), 1100);
  add(share({ decode_ms: 100, decode_tokens: 5, draft_taken: 2, draft_refused: 1 }), 1200);
  add(share({ decode_ms: 100, decode_tokens: 4 }), 1400);
  add(share({ run: 2, decode_ms: 100, decode_tokens: 1 }), 1500);
  expect(
    lane.phases.map(({ kind, run, startedAt, endedAt, tokens }) => [kind, run, startedAt, endedAt, tokens]),
  ).toEqual([
    ['prefill', 1, 1000, 1200, 96],
    ['decode', 1, 1200, 1500, 9],
    ['decode', 2, 1500, 1600, 1],
  ]);
  expect(lane.phases[1]).toMatchObject({ busyMs: 200, draftTaken: 2, draftRefused: 1 });
  expect(new Set(lane.phases.map((phase) => phase.id)).size).toBe(3);
});

it('forgets steps that no window shows, but not the sums of a phase that goes on', () => {
  const lane = emptyLane();
  for (let at = 0; at < 1000; at += 100) {
    const one = share({ decode_ms: 100, decode_tokens: 5 });
    for (const piece of piecesOf(block([one], at), one)) addPiece(lane, 1, piece, () => 1);
  }
  forgetBefore(lane, 750);
  expect(lane.phases[0]?.steps.map(({ startedAt }) => startedAt)).toEqual([700, 800, 900]);
  expect(lane.phases[0]?.tokens).toBe(50);
  forgetBefore(lane, 5000);
  expect(lane.phases).toEqual([]);
});

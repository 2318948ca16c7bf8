import { describe, expect, it } from 'vitest';
import { EngineMeter } from './engine-meter.ts';

function sequence() {
  return { sampledTokens: 0, accepted: 0, yieldedAt: undefined as number | undefined };
}

describe('EngineMeter', () => {
  it('counts calls by their kind, with their tokens and sequences', () => {
    const meter = new EngineMeter();
    meter.call({ kind: 'prefill', tokens: 100, promptTokens: 100, sequences: 1, milliseconds: 300 });
    meter.call({ kind: 'decode', tokens: 4, promptTokens: 0, sequences: 4, milliseconds: 20 });
    meter.step(104);
    const { callSeconds, callTokens, stepTokens, callSequences, prefillTokens } = meter.take(0);
    expect(callSeconds.prefill.sum).toBeCloseTo(0.3);
    expect(callSeconds.decode.sum).toBeCloseTo(0.02);
    expect(callSeconds.mixed.sum).toBe(0);
    expect([callTokens.sum, stepTokens.sum, callSequences, prefillTokens]).toEqual([104, 104, 5, 100]);
  });

  it('tells where the tokens of prompts came from', () => {
    const meter = new EngineMeter();
    meter.prompt(10);
    meter.prompt(20, 15, 'slot');
    meter.prompt(30, 8, 'disk');
    meter.prompt(5, 5, 'memory');
    expect(meter.take(0).prefixTokens).toEqual({ slot: 15, memory: 5, disk: 8, computed: 37 });
  });

  it('measures the time between the steps that yield tokens of one sequence, not across sequences', () => {
    let now = 0;
    const meter = new EngineMeter(() => now);
    const [first, second] = [sequence(), sequence()];
    const yields = (target: ReturnType<typeof sequence>, tokens: number) => {
      const before = { ...target };
      target.sampledTokens += tokens;
      meter.advanced(target, before, 0);
    };
    yields(first, 1);
    now = 100;
    yields(second, 1);
    yields(first, 3);
    now = 250;
    yields(second, 1);
    now = 300;
    // A step of a prompt yields nothing.
    yields(first, 0);
    const { intervalSeconds, intervalMs, generatedTokens } = meter.take(0);
    expect(intervalSeconds.counts.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(intervalSeconds.sum).toBeCloseTo(0.25);
    expect(intervalMs).toEqual({ p50: 100, p95: 100 });
    expect(generatedTokens).toBe(6);
  });

  it('counts drafts, and their accepted tokens by position', () => {
    const meter = new EngineMeter();
    for (const accepted of [3, 0, 1]) {
      const target = sequence();
      const before = { ...target };
      Object.assign(target, { sampledTokens: accepted + 1, accepted });
      meter.advanced(target, before, 3);
    }
    expect(meter.take(0)).toMatchObject({ drafts: 3, draftedTokens: 9, acceptedAt: [2, 1, 1] });
  });

  it('never counts backwards when tokens are taken back', () => {
    const meter = new EngineMeter();
    const target = { ...sequence(), sampledTokens: 2 };
    meter.advanced(target, { sampledTokens: 5, accepted: 0 }, 0);
    expect(meter.take(0).generatedTokens).toBe(0);
  });

  it('starts from zero after each report', () => {
    const meter = new EngineMeter();
    meter.prompt(10, 4, 'memory');
    meter.preempted();
    meter.call({ kind: 'mixed', tokens: 9, promptTokens: 8, sequences: 2, milliseconds: 1 });
    expect(meter.take(7)).toMatchObject({ preemptions: 1, heldTokens: 7 });
    expect(meter.take(0)).toEqual(new EngineMeter().take(0));
  });
});

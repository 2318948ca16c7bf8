/** Models whose state cannot be truncated at any position: they give the same answers with and without a cache. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Runner } from '../../../src/runner/runner.ts';
import { type RandomArchitecture, writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { type Answer, askRunner, startEngine } from '../support/engine-runner.ts';

/** Keys and values have 16 bits: the same prompt in other chunks was measured to differ by 0.005. */
const ROUNDING = 0.02;
const MIB = 1024 * 1024;
let folder: string;
let runner: Runner | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prefix-cache-'));
});
afterEach(async () => {
  await runner?.stop();
  runner = undefined;
  await rm(folder, { recursive: true, force: true });
});

const model = (architecture: RandomArchitecture) => join(folder, `${architecture}.gguf`);

async function start(architecture: RandomArchitecture, slots: number, diskBytes = 0): Promise<void> {
  await runner?.stop();
  await writeRandomArchitecture(model(architecture), architecture);
  runner = await startEngine({
    modelPath: model(architecture),
    slots,
    contextLength: 1024,
    prefixCache: { hostBytes: 64 * MIB, diskBytes, folder, modelDigest: 'cd'.repeat(32) },
  });
}

async function ask(prompt: readonly number[], cacheSalt?: string): Promise<Answer> {
  if (!runner) throw new Error('no runner');
  return askRunner(runner, prompt, { topLogprobs: 1, ...(cacheSalt !== undefined && { cacheSalt }) });
}

/** Tokens without any pattern; the same seed gives the same tokens. */
function tokens(seed: number, length: number): number[] {
  return Array.from({ length }, (_, index) => 3 + ((index * index * 31 + index * seed * 17 + seed) % 300));
}

/** The answer to a prompt from an empty slot: a unique salt matches nothing in the cache. */
async function withoutCache(prompt: readonly number[]): Promise<Answer> {
  const answer = await ask(prompt, `${Math.random()}`);
  expect(answer.cached).toBe(0);
  return answer;
}

function expectSame(actual: Answer, expected: Answer): void {
  expect(actual.tokens).toEqual(expected.tokens);
  for (const [index, logprob] of actual.logprobs.entries()) {
    expect(Math.abs(logprob - (expected.logprobs[index] ?? Number.NaN))).toBeLessThan(ROUNDING);
  }
}

describe.each<RandomArchitecture>(['mamba', 'lfm2', 'gemma3'])(
  'the prefix cache of a %s model',
  (architecture) => {
    it('answers a repeated, a longer and a diverging prompt the same as without a cache', async () => {
      await start(architecture, 1);
      const base = tokens(1, 200);
      const first = await ask(base);
      const prompts = [
        base,
        [...base, ...first.tokens, ...tokens(2, 40)],
        [...base, ...tokens(3, 60)],
        base.slice(0, 150),
        [...base.slice(0, 100), ...tokens(4, 100)],
      ];
      const warm: Answer[] = [];
      for (const prompt of prompts) warm.push(await ask(prompt));
      for (const [index, prompt] of prompts.entries()) {
        expectSame(warm[index] ?? first, await withoutCache(prompt));
      }
      expect(warm[0]?.cached).toBeGreaterThan(180);
      expect(warm[1]?.cached).toBeGreaterThan(180);
    });

    it('continues from host memory, from another slot and from disk', async () => {
      await start(architecture, 2, 64 * MIB);
      const base = tokens(1, 300);
      const first = await ask(base);
      const next = [...base, ...first.tokens, ...tokens(2, 40)];
      const branch = [...base, ...tokens(3, 120)];
      for (const other of [5, 6, 7]) await ask(tokens(other, 300));
      const fromHost = await ask(next);
      const fromSlot = await ask(branch);
      for (const other of [5, 6, 7]) await ask(tokens(other, 300));
      const otherBranch = [...base, ...tokens(9, 120)];
      const branchFromHost = await ask(otherBranch);
      for (const answer of [fromHost, fromSlot, branchFromHost]) expect(answer.cached).toBeGreaterThan(280);
      await start(architecture, 2, 64 * MIB);
      const longer = [...next, ...fromHost.tokens, ...tokens(8, 20)];
      const fromDisk = await ask(longer);
      expect(fromDisk.cached).toBeGreaterThan(320);
      expectSame(fromHost, await withoutCache(next));
      expectSame(fromSlot, await withoutCache(branch));
      expectSame(branchFromHost, await withoutCache(otherBranch));
      expectSame(fromDisk, await withoutCache(longer));
    });
  },
);

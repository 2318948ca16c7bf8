/**
 * Rows of media in models that treat them in a way of their own: positions with four parts, attention in both directions,
 * further values in each row, states that cannot go back. The engine must complete like plain calls of llama.cpp.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listOf } from '../../../src/gguf/writer.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { type RandomArchitecture, writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { type DirectAnswer, type DirectPart, loadDirectMedia } from '../support/direct-media.ts';
import { type Answer, askRunner } from '../support/engine-runner.ts';
import { type GivenPiece, MediaPrompt, pieceOf, startMediaEngine } from '../support/media-engine.ts';

const MIB = 1024 * 1024;
/** Sums of attention depend on how many tokens a call computes, in some of their 16 bits. */
const TOLERANCE = 0.02;
const MOST_TOKENS = 10;

interface Case {
  readonly name: string;
  readonly write: (path: string) => Promise<void>;
  /** Values in a row; the models are 32 wide. */
  readonly rowWidth: number;
  readonly isBidirectional: boolean;
  readonly hasGrid: boolean;
}

const random = (architecture: RandomArchitecture) => (path: string) =>
  writeRandomArchitecture(path, architecture);
const cases: readonly Case[] = [
  {
    name: 'qwen2vl: a grid of positions',
    write: (path) =>
      writeRandomModel(path, {
        architecture: 'qwen2vl',
        contextLength: 1024,
        sharpness: 4,
        metadata: { 'qwen2vl.rope.dimension_sections': listOf('i32', [2, 3, 3, 0]) },
      }),
    ...{ rowWidth: 32, isBidirectional: false, hasGrid: true },
  },
  {
    name: 'qwen3vl: a grid of positions, and rows with values for two more layers',
    write: random('qwen3vl'),
    ...{ rowWidth: 96, isBidirectional: false, hasGrid: true },
  },
  {
    name: 'gemma3: rows that attend to each other in both directions, and a sliding window',
    write: random('gemma3'),
    ...{ rowWidth: 32, isBidirectional: true, hasGrid: false },
  },
  {
    name: 'lfm2: a state that cannot go back',
    write: random('lfm2'),
    ...{ rowWidth: 32, isBidirectional: false, hasGrid: false },
  },
];

let folder: string;
let runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-architectures-'));
  return () => rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  runners = [];
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
});

/** Tokens that are words, always the same for a seed. */
function words(count: number, seed: number): number[] {
  return Array.from(
    { length: count },
    (_, index) => 260 + ((seed * 7919 + index * index * 31 + index * seed) % 79),
  );
}

function expectSame(answer: Answer, { tokens, logprobs }: DirectAnswer): void {
  expect(answer.tokens).toEqual(tokens);
  for (const [index, logprob] of answer.logprobs.entries())
    expect(Math.abs(logprob - (logprobs[index] ?? 0))).toBeLessThan(TOLERANCE);
}

/** A picture of 12 x 8 rows; a small one fits into a single chunk of a prompt. */
function picture({ rowWidth, hasGrid }: Case, seed: number, columns = 12, lines = 8): GivenPiece {
  const next = seededRandom(seed);
  const rows = Float32Array.from({ length: columns * lines * rowWidth }, () => next() - 0.5);
  const grid = hasGrid ? { grid: { columns, lines }, positions: Math.max(columns, lines) } : {};
  return pieceOf(rows, rowWidth, { kind: 'image', ...grid });
}

describe.each(cases)('$name', (model) => {
  let modelPath: string;
  let direct: Awaited<ReturnType<typeof loadDirectMedia>>;

  beforeAll(async () => {
    modelPath = join(folder, `${model.name.split(':')[0]}.gguf`);
    await model.write(modelPath);
    direct = await loadDirectMedia({ ...model, modelPath });
  });

  async function start(load: Partial<LoadOptions> = {}): Promise<Runner> {
    const { rowWidth, isBidirectional } = model;
    const facts = { rowWidth, isBidirectional, mostTokens: 200, kinds: ['image'] as const };
    const runner = await startMediaEngine(join(folder, 'encoder.json'), facts, { modelPath, ...load });
    runners.push(runner);
    return runner;
  }

  const ask = (runner: Runner, parts: readonly DirectPart[], more = {}) => {
    const prompt = new MediaPrompt(...parts);
    return askRunner(runner, prompt.prompt, prompt.with({ maxTokens: MOST_TOKENS, ...more }));
  };
  const before = [1, ...words(20, 1)];
  const [large, small] = [picture(model, 1), picture(model, 2, 3, 7)];

  it('completes like plain calls, and tells where the text goes on', async () => {
    const runner = await start();
    expect(runner.facts.media).toMatchObject({ hasGridPositions: model.hasGrid, rowWidth: model.rowWidth });
    for (const parts of [
      [before, large, words(30, 3)],
      [before, small, words(5, 4), large, words(90, 5)],
      [before, words(9, 6), small, small, words(20, 7)],
    ])
      expectSame(await ask(runner, parts), direct(parts, MOST_TOKENS));
  });

  it('completes like them in a batch that holds less than a picture, unless it must be computed in one go', async () => {
    const runner = await start({ batchSize: 32 });
    const parts = [before, large, words(30, 3)];
    expectSame(await ask(runner, parts), direct(parts, MOST_TOKENS));
  });

  it('completes like them beside two streams, and with "deterministic"', async () => {
    const runner = await start({ slots: 3 });
    const prompts: DirectPart[][] = [
      [before, large, words(30, 3)],
      [before, small, words(40, 4)],
      [[1, ...words(90, 8)], words(2, 9)],
    ];
    for (const more of [{}, { deterministic: true }]) {
      const answers = await Promise.all(prompts.map((parts) => ask(runner, parts, more)));
      for (const [index, answer] of answers.entries())
        expectSame(answer, direct(prompts[index] ?? [], MOST_TOKENS));
    }
  });

  it('goes on from what is computed: the next turn, another question, and after a restart', async () => {
    const cache = {
      folder: join(folder, 'cache'),
      hostBytes: 0,
      diskBytes: 64 * MIB,
      modelDigest: 'b'.repeat(64),
    };
    let runner = await start({ prefixCache: cache });
    const first = [before, large, words(30, 3)];
    const answer = await ask(runner, first);
    const turn: DirectPart[] = [...first, [...answer.tokens], words(12, 5), small, words(10, 6)];
    const next = await ask(runner, turn);
    expectSame(next, direct(turn, MOST_TOKENS));
    expect(next.cached).toBeGreaterThanOrEqual(before.length + large.piece.tokens);
    const other: DirectPart[] = [before, large, words(33, 9)];
    const found = await ask(runner, other);
    expectSame(found, direct(other, MOST_TOKENS));
    expect(found.cached).toBe(before.length + large.piece.tokens);
    const last: DirectPart[] = [...other, [...found.tokens], words(20, 4)];
    await runner.stop();
    runners = [];
    runner = await start({ prefixCache: cache });
    const restored = await ask(runner, last);
    expectSame(restored, direct(last, MOST_TOKENS));
    expect(restored.cached).toBeGreaterThanOrEqual(before.length + large.piece.tokens);
    await runner.stop();
    runners = [];
    runner = await start({ prefixCache: cache });
    const yetAnother: DirectPart[] = [before, large, words(25, 12)];
    const asked = await ask(runner, yetAnother);
    expectSame(asked, direct(yetAnother, MOST_TOKENS));
    expect(asked.cached).toBe(before.length + large.piece.tokens);
    await rm(cache.folder, { recursive: true, force: true });
  });

  it('never uses a part of a picture', async () => {
    const runner = await start();
    await ask(runner, [before, large, words(30, 3)]);
    const other = picture(model, 77);
    const parts = [before, other, words(30, 3)];
    const answer = await ask(runner, parts);
    expectSame(answer, direct(parts, MOST_TOKENS));
    expect(answer.cached).toBeLessThanOrEqual(before.length);
  });
});

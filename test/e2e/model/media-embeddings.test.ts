/**
 * Embeddings of inputs with pictures, by models that treat rows in a way of their own. The engine must make the vectors of plain calls of
 * llama.cpp; rows that are those of a text must make the vector of the text.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listOf } from '../../../src/gguf/writer.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { u32 } from '../../oracle/random-projector.ts';
import { type DirectPart, loadDirectEmbeddings } from '../support/direct-media.ts';
import {
  type GivenPiece,
  MediaPrompt,
  pieceOf,
  readTokenTable,
  startMediaEngine,
} from '../support/media-engine.ts';

/** Values in a vector. */
const WIDTH = 32;
/** Sums of attention depend on how many tokens a call computes, in some of their 16 bits. */
const TOLERANCE = 0.01;
const MEAN = 1;
const LAST = 3;
/** The words in the vocabulary of the random models, after their control tokens and bytes. */
const FIRST_WORD = 260;
const WORDS = 79;

interface Case {
  readonly name: string;
  readonly write: (path: string) => Promise<void>;
  readonly pooling: 'mean' | 'last';
  /** Values in a row. */
  readonly rowWidth: number;
  readonly isBidirectional: boolean;
  readonly hasGrid: boolean;
}

const cases: readonly Case[] = [
  {
    name: 'qwen2vl: a grid of positions, the mean of all tokens, as in jina-embeddings-v4',
    write: (path) =>
      writeRandomModel(path, {
        architecture: 'qwen2vl',
        contextLength: 1024,
        metadata: {
          'qwen2vl.rope.dimension_sections': listOf('i32', [2, 3, 3, 0]),
          'qwen2vl.pooling_type': u32(MEAN),
        },
      }),
    ...{ pooling: 'mean', rowWidth: WIDTH, isBidirectional: false, hasGrid: true },
  },
  {
    name: 'qwen3vl: a grid of positions, rows for two more layers, the last token, as in Qwen3-VL-Embedding',
    write: (path) => writeRandomArchitecture(path, 'qwen3vl', { 'qwen3vl.pooling_type': u32(LAST) }),
    ...{ pooling: 'last', rowWidth: 3 * WIDTH, isBidirectional: false, hasGrid: true },
  },
  {
    name: 'gemma3: rows that attend to each other in both directions',
    write: (path) => writeRandomArchitecture(path, 'gemma3', { 'gemma3.pooling_type': u32(MEAN) }),
    ...{ pooling: 'mean', rowWidth: WIDTH, isBidirectional: true, hasGrid: false },
  },
];

let folder: string;
let runners: Runner[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-embeddings-'));
  return () => rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  runners = [];
});
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
});

async function start(
  modelPath: string,
  facts: { readonly rowWidth: number; readonly isBidirectional: boolean },
): Promise<Runner> {
  const path = join(folder, `encoder-${runners.length}.json`);
  const given = { ...facts, mostTokens: 200, kinds: ['image', 'audio'] as const };
  const runner = await startMediaEngine(path, given, { modelPath, slots: 32 });
  runners.push(runner);
  return runner;
}

/** Tokens that are words, always the same for a seed. */
const words = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, index) => FIRST_WORD + ((seed * 7919 + index * index * 31) % WORDS));

/** A picture of columns x lines random rows, a multiple of 3, because their bytes are given as pixels. */
function picture(seed: number, columns: number, lines: number, { rowWidth, hasGrid }: Case): GivenPiece {
  const random = seededRandom(seed);
  const rows = Float32Array.from({ length: columns * lines * rowWidth }, () => random() - 0.5);
  const grid = hasGrid ? { grid: { columns, lines }, positions: Math.max(columns, lines) } : {};
  return pieceOf(rows, rowWidth, { kind: 'image', ...grid });
}

/** The vectors of inputs, in one request. */
async function embed(runner: Runner, inputs: readonly (readonly DirectPart[])[], signal?: AbortSignal) {
  const prompts = inputs.map((parts) => new MediaPrompt(...parts));
  const spans = prompts.map(({ media }) => media);
  const data = async (digest: string) => {
    const owner = prompts.find(({ media }) => media.some((span) => span.digest === digest));
    const bytes = await owner?.with().mediaData?.(digest);
    if (!bytes) throw new Error('no such piece');
    return bytes;
  };
  return runner.embed(
    prompts.map(({ prompt }) => prompt),
    signal,
    { spans, data },
  );
}

function expectEqual(vector: Float32Array | undefined, other: Float32Array): void {
  expect(vector).toHaveLength(other.length);
  const scale = Math.hypot(...other) / Math.sqrt(other.length);
  for (const [index, value] of other.entries())
    expect(Math.abs((vector?.[index] ?? Number.NaN) - value)).toBeLessThan(TOLERANCE * scale);
}

function pooled(
  parts: readonly { readonly vector: Float32Array; readonly tokens: number }[],
  pooling: Case['pooling'],
): Float32Array {
  if (pooling === 'last') return parts.at(-1)?.vector ?? new Float32Array();
  const total = parts.reduce((sum, { tokens }) => sum + tokens, 0);
  return Float32Array.from({ length: WIDTH }, (_, index) =>
    parts.reduce((sum, { vector, tokens }) => sum + ((vector[index] ?? 0) * tokens) / total, 0),
  );
}

describe.each(cases)('$name', (model) => {
  let modelPath: string;
  let direct: Awaited<ReturnType<typeof loadDirectEmbeddings>>;
  const expected = (parts: readonly DirectPart[]) => pooled(direct(parts), model.pooling);

  beforeAll(async () => {
    modelPath = join(folder, `${model.rowWidth}-${model.pooling}-${model.isBidirectional}.gguf`);
    await model.write(modelPath);
    direct = await loadDirectEmbeddings({ ...model, modelPath }, WIDTH);
  });

  it('reports that inputs may have pictures', async () => {
    const runner = await start(modelPath, model);
    expect(runner.facts.embedding).toMatchObject({ pooling: model.pooling, maxMediaInputTokens: 512 });
  });

  it('embeds texts around pictures, several of them, and a picture alone, like plain calls', async () => {
    const runner = await start(modelPath, model);
    const [wide, tall] = [picture(1, 6, 4, model), picture(2, 3, 9, model)];
    const inputs = [
      [[1, ...words(9, 1)], wide, words(5, 2)],
      [[1], tall, words(4, 3), wide, words(2, 4)],
      [[1], wide, words(4, 3), tall, words(2, 4)],
      [[1], wide],
      [wide, words(12, 5)],
    ];
    const vectors = await embed(runner, inputs);
    expect(vectors).toHaveLength(inputs.length);
    for (const [index, parts] of inputs.entries()) expectEqual(vectors[index], expected(parts));
    const [, first = new Float32Array(), second = new Float32Array()] = vectors;
    expect(first.some((value, index) => Math.abs(value - (second[index] ?? 0)) > 0.01)).toBe(true);
  });

  it('embeds inputs of both kinds in one request, beside other requests', async () => {
    const runner = await start(modelPath, model);
    const shown = picture(3, 5, 6, model);
    const mixed = [
      [[1, ...words(20, 6)]],
      [[1, ...words(3, 7)], shown, words(6, 8)],
      [[1, ...words(90, 9)]],
      [[1], shown, words(7, 10)],
    ];
    const texts = [11, 12, 13].map((seed) => [1, ...words(40, seed)]);
    const [vectors, ...others] = await Promise.all([
      embed(runner, mixed),
      ...texts.map((tokens) => runner.embed([tokens])),
      runner.embed([[1, ...words(120, 14)]]),
    ]);
    for (const [index, parts] of mixed.entries()) expectEqual(vectors[index], expected(parts));
    for (const [index, tokens] of [...texts, [1, ...words(120, 14)]].entries())
      expectEqual(others[index]?.[0], expected([tokens]));
  });

  it('asks once for a picture that comes again, and goes on after a canceled request', async () => {
    const runner = await start(modelPath, model);
    const shown = picture(4, 4, 3, model);
    const slow = picture(5, 4, 3, model);
    const delayed: GivenPiece = {
      ...slow,
      piece: { ...slow.piece, place: { stages: 1000, milliseconds: 5 } },
    };
    const abort = new AbortController();
    const canceled = embed(runner, [[[1], delayed, words(3, 1)]], abort.signal);
    setTimeout(() => abort.abort(), 50);
    await expect(canceled).rejects.toMatchObject({ code: 'canceled' });
    const prompt = new MediaPrompt([1], shown, words(3, 2));
    const again = new MediaPrompt([1], shown, words(4, 3));
    const { mediaData = async () => new Uint8Array() } = prompt.with();
    const media = { spans: [prompt.media, again.media], data: mediaData };
    const vectors = await runner.embed([prompt.prompt, again.prompt], undefined, media);
    expectEqual(vectors[0], expected([[1], shown, words(3, 2)]));
    expectEqual(vectors[1], expected([[1], shown, words(4, 3)]));
    expect(prompt.asked).toHaveLength(1);
  });

  it('fails only the request whose picture cannot be encoded or had', async () => {
    const runner = await start(modelPath, model);
    const shown = picture(6, 4, 3, model);
    const broken = { ...shown, piece: { ...picture(7, 4, 3, model).piece, place: { fails: 1 } } };
    const lost = new MediaPrompt([1], picture(9, 4, 3, model));
    const data = async () => {
      throw new Error('lost');
    };
    const [first, second, third] = await Promise.allSettled([
      embed(runner, [[[1], broken, words(3, 1)]]),
      embed(runner, [[[1], shown, words(3, 1)]]),
      runner.embed([lost.prompt], undefined, { spans: [lost.media], data }),
    ]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'runner-failed' } });
    expect(second.status).toBe('fulfilled');
    expect(third).toMatchObject({ status: 'rejected', reason: { message: 'lost' } });
    expect(await runner.embed([[1, ...words(3, 2)]])).toHaveLength(1);
  });

  it('refuses an input that is too long, and pseudo tokens without their pieces', async () => {
    const runner = await start(modelPath, model);
    const shown = picture(8, 10, 9, model);
    const long = [[1], shown, words(450, 1)];
    await expect(embed(runner, [long])).rejects.toMatchObject({ code: 'prompt-too-long' });
    const { prompt } = new MediaPrompt([1], shown);
    await expect(runner.embed([prompt])).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

describe('rows that are those of a text', () => {
  it.each([
    ['mean', MEAN],
    ['last', LAST],
  ])('make the vector of the text: %s', async (_, pooling) => {
    const modelPath = join(folder, `llama-${pooling}.gguf`);
    await writeRandomModel(modelPath, {
      contextLength: 1024,
      metadata: { 'llama.pooling_type': u32(pooling) },
    });
    const { width, rows } = await readTokenTable(modelPath);
    const runner = await start(modelPath, { rowWidth: width, isBidirectional: false });
    const [before, shown, after] = [[1, ...words(20, 1)], words(60, 2), words(10, 3)];
    const [vector] = await embed(runner, [[before, pieceOf(rows(shown), width), after]]);
    const [spelled = new Float32Array()] = await runner.embed([[...before, ...shown, ...after]]);
    expectEqual(vector, spelled);
  });
});

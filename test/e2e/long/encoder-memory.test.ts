/** The memory that a process with an encoder of pictures really takes, beside what the scheduler expects of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import { type ProjectorFacts, projectorFacts } from '../../../src/gguf/projector-facts.ts';
import { STAGE_BYTES } from '../../../src/gguf/projector-memory.ts';
import { layoutFor } from '../../../src/media/layouts/layout-for.ts';
import { projectorNeed } from '../../../src/scheduler/memory/projector-need.ts';
import { writeSizedModel } from '../../fakes/models/sized-model.ts';
import { randomPixels } from '../../oracle/encoder-cases.ts';
import { type RandomProjector, u32, writeRandomProjector } from '../../oracle/random-projector.ts';
import { askRunner, startEngine } from '../support/engine-runner.ts';
import { type GivenPiece, MediaPrompt } from '../support/media-engine.ts';
import { usageOf } from '../support/process-usage.ts';

const MIB = 1024 * 1024;
/** Allowed difference, as a fraction of the measured bytes, as for models of text. */
const TOLERANCE = 0.1;
/** Of the largest stage, what a machine takes that computes little in a tenth of a second may be near nothing. */
const UNUSED_BYTES = STAGE_BYTES + 12 * MIB;
const SIDE = 560;
const ROW_WIDTH = 256;
const [width, feedForward, blocks] = [768, 2048, 4];
const tower = { imageSize: SIDE, patchSize: 14, width, heads: 12, blocks, feedForward, rowWidth: ROW_WIDTH };
const cases: readonly RandomProjector[] = [
  {
    ...tower,
    type: 'gemma3',
    keys: { 'vision.projector.scale_factor': u32(4) },
    tensors: { 'mm.input_projection.weight': [ROW_WIDTH, width], 'mm.soft_emb_norm.weight': [width] },
  },
  {
    ...tower,
    type: 'paddleocr',
    keys: {
      'vision.image_min_pixels': u32(784),
      'vision.image_max_pixels': u32(SIDE * SIDE),
    },
    tensors: {
      ...{ 'mm.input_norm.weight': [width], 'mm.input_norm.bias': [width] },
      ...{ 'mm.1.weight': [width * 4, width * 4], 'mm.1.bias': [width * 4] },
      ...{ 'mm.2.weight': [width * 4, ROW_WIDTH], 'mm.2.bias': [ROW_WIDTH] },
    },
  },
];

let folder: string;
let modelPath: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'encoder-memory-'));
  modelPath = join(folder, 'text.gguf');
  await writeSizedModel(modelPath, { architecture: 'qwen2vl', seed: 3 });
});
afterAll(() => rm(folder, { recursive: true }));

/** The most memory that a process has taken once it has answered. */
async function peakBytes(prompt: MediaPrompt, projectorPath?: string): Promise<number> {
  const load = { contextLength: 2048, batchSize: 512, threads: 2, modelPath };
  const runner = await startEngine({ ...load, ...(projectorPath !== undefined && { projectorPath }) });
  try {
    await askRunner(runner, prompt.prompt, prompt.with());
    return (await usageOf(runner.pid)).peakMebibytes * MIB;
  } finally {
    await runner.stop();
  }
}

/** A picture of the largest size that the projector takes. */
function largestPiece(facts: ProjectorFacts): GivenPiece {
  const size = { name: '', width: 4 * SIDE, height: 4 * SIDE, tokens: 0 };
  const parts = layoutFor(facts).prepareImage({ ...size, data: randomPixels(size, 1) }, {});
  const piece = parts.find((part) => 'piece' in part);
  if (!piece) throw new Error('the picture has no piece');
  return piece;
}

describe('a picture takes the estimated memory', { timeout: 300_000 }, () => {
  it.each(cases)('$type', async (projector) => {
    const path = join(folder, `${projector.type}.gguf`);
    await writeRandomProjector(path, projector);
    const facts = projectorFacts(await readGgufFile(path, { arrays: 'keep' }));
    if (!facts) throw new Error('not a projector');
    const { weightBytes, bufferBytes } = projectorNeed(facts, false);
    const given = largestPiece(facts);
    const words = Array.from({ length: given.piece.tokens }, (_, index) => 260 + (index % 300));
    const without = await peakBytes(new MediaPrompt([5], words, [6]));
    const taken = (await peakBytes(new MediaPrompt([5], given, [6]), path)) - without;
    const rows = given.piece.tokens * facts.rowWidth * Float32Array.BYTES_PER_ELEMENT;
    // The rows lie in the cache and in the batch; the data is what the encoder makes floats of.
    const estimate = weightBytes + bufferBytes + 2 * rows + given.data.length;
    const text = `${estimate / MIB} MiB expected, ${taken / MIB} taken (${weightBytes / MIB} weights)`;

    expect(taken, text).toBeLessThanOrEqual(estimate * (1 + TOLERANCE));
    expect(taken, text).toBeGreaterThanOrEqual((estimate - UNUSED_BYTES) * (1 - TOLERANCE));
  });
});

import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/logger.ts';
import { readGgufFile } from '../../gguf/parse.ts';
import { encodeGguf } from '../../gguf/writer.ts';
import { parseDigest } from '../../names/digest.ts';
import { ModelName } from '../../names/model-name.ts';
import type { ConvertedCopy, CopyOrder } from '../../quantize/converted-copies.ts';
import type { SpeedTable } from '../../quantize/speed/speed-table.ts';
import type { ConfiguredModel } from './configured-models.ts';
import { Repacking } from './repacking.ts';

const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);
const Q4_1 = { type: 3, bytes: 20 };
const Q8_0 = { type: 8, bytes: 34 };
const ROWS = 4;

const slowQ4: SpeedTable = {
  source: 'measured',
  speeds: new Map([
    ['Q4_1', { decode: 50, prefill: 200 }],
    ['Q8_0', { decode: 100, prefill: 400 }],
  ]),
};

let folder: string;
let orders: CopyOrder[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repacking-'));
  orders = [];
  await writeFile(join(folder, 'slow.gguf'), modelOf(Q4_1));
  await writeFile(join(folder, 'copy.gguf'), modelOf(Q8_0));
});
afterEach(() => rm(folder, { recursive: true }));

/** A model with one matrix of 4 rows of 32 values. */
function modelOf({ type, bytes }: { type: number; bytes: number }): Uint8Array {
  return encodeGguf({
    metadata: {
      'general.architecture': { type: 'string', value: 'llama' },
      'general.file_type': { type: 'u32', value: type === Q4_1.type ? 3 : 7 },
      'llama.block_count': { type: 'u32', value: 1 },
    },
    tensors: [{ name: 'blk.0.ffn_up.weight', shape: [32, ROWS], type, data: new Uint8Array(ROWS * bytes) }],
  });
}

const model = (): ConfiguredModel =>
  ({
    name: ModelName.parse('slow'),
    weightsPath: join(folder, 'slow.gguf'),
    weightsDigest: digest('a'),
    facts: { fileType: 'Q4_1', weightBytes: ROWS * Q4_1.bytes },
    details: { quantization_level: 'Q4_1' },
  }) as ConfiguredModel;

const copy = async (): Promise<ConvertedCopy> => {
  const path = join(folder, 'copy.gguf');
  return { digest: digest('b'), path, file: await readGgufFile(path) };
};

function repackingWith(
  parts: Partial<ConstructorParameters<typeof Repacking>[0]> = {},
  make: () => Promise<ConvertedCopy> = copy,
): Repacking {
  const copies = {
    find: async () => undefined,
    make: (order: CopyOrder) => {
      orders.push(order);
      return make();
    },
  };
  return new Repacking({
    copies,
    typeSpeeds: { table: async () => slowQ4 },
    config: { repack: true },
    hasGpu: () => false,
    availableMemoryBytes: () => 1e9,
    logger: silentLogger,
    ...parts,
  });
}

describe('a model with a slow type', () => {
  it('is loaded from a copy, which is made once for requests that come together', async () => {
    const repacking = repackingWith();
    const [first, second] = await Promise.all([repacking.ready(model()), repacking.ready(model())]);
    expect(first).toMatchObject({
      weightsPath: join(folder, 'copy.gguf'),
      computedDigest: digest('b'),
      weightsDigest: digest('a'),
      facts: { fileType: 'Q8_0', weightBytes: ROWS * Q8_0.bytes },
      details: { quantization_level: 'Q8_0' },
    });
    expect(second).toEqual(first);
    expect(orders).toMatchObject([{ from: ['Q4_1'], target: { name: 'Q8_0' } }]);
    expect(repacking.known(model())).toEqual(first);
  });

  it('is estimated with the sizes of the copy before there is one', async () => {
    const repacking = repackingWith();
    const foreseen = await repacking.foreseen(model());
    expect(foreseen.facts.weightBytes).toBeGreaterThanOrEqual(ROWS * Q8_0.bytes);
    expect(foreseen.weightsPath).toBe(model().weightsPath);
    expect(orders).toEqual([]);
  });

  it('is estimated in the same way while the copy is made', async () => {
    const repacking = repackingWith({}, () => new Promise(() => undefined));
    void repacking.ready(model());
    await expect.poll(() => orders.length).toBe(1);
    const foreseen = await repacking.foreseen(model());
    expect(foreseen.facts.weightBytes).toBeGreaterThanOrEqual(ROWS * Q8_0.bytes);
    expect(foreseen.weightsPath).toBe(model().weightsPath);
  });

  it('gets a new copy when somebody has damaged or removed the one before', async () => {
    const repacking = repackingWith();
    await repacking.ready(model());
    await truncate(join(folder, 'copy.gguf'), 10);
    expect(repacking.known(model())).toEqual(model());
    await writeFile(join(folder, 'copy.gguf'), modelOf(Q8_0));
    expect((await repacking.ready(model())).computedDigest).toBe(digest('b'));
    expect(orders).toHaveLength(2);
  });
});

describe('a model is loaded as it is', () => {
  it.each<[string, Parameters<typeof repackingWith>[0]]>([
    ['without the setting', { config: { repack: false } }],
    ['on a GPU', { hasGpu: () => true }],
    ['where nothing is known of the processor', { typeSpeeds: { table: async () => undefined } }],
    ['where memory is short', { availableMemoryBytes: () => 100 }],
    [
      'if its type is not slow',
      { typeSpeeds: { table: async () => ({ ...slowQ4, speeds: new Map([...slowQ4.speeds].slice(1)) }) } },
    ],
  ])('%s', async (_, parts) => {
    const repacking = repackingWith(parts);
    expect(await repacking.ready(model())).toEqual(model());
    expect(await repacking.foreseen(model())).toEqual(model());
    expect(orders).toEqual([]);
  });

  it('when the conversion fails, and is not tried again', async () => {
    const repacking = repackingWith({}, () => Promise.reject(new Error('no space left on device')));
    expect(await repacking.ready(model())).toEqual(model());
    expect(await repacking.ready(model())).toEqual(model());
    expect(orders).toHaveLength(1);
  });

  it('when its file cannot be read', async () => {
    await rm(join(folder, 'slow.gguf'));
    expect(await repackingWith().ready(model())).toEqual(model());
    expect(await repackingWith().foreseen(model())).toEqual(model());
  });
});

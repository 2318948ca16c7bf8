import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../../test/fakes/scheduler/fake-load-target.ts';
import type { GgufFacts } from '../../gguf/facts.ts';
import { ROWS_CACHE_BYTES } from '../../protocol/row-memory.ts';
import { createLoadTarget, type WantedLoad } from '../load-target.ts';
import { estimateMemory } from './memory-estimate.ts';

const facts: GgufFacts = {
  architecture: 'llama',
  kind: 'model',
  parameterCount: 134_515_008,
  fileType: 'Q4_1',
  contextLength: 8192,
  embeddingLength: 576,
  blockCount: 30,
  headCount: 9,
  headCountKv: 3,
  keyLength: 64,
  valueLength: 64,
  vocabularySize: 49_152,
  hasVision: false,
  weightBytes: 96_000_000,
};
const load = { contextLength: 2048, batchSize: 512, kvCacheType: 'f16', flashAttention: 'auto' } as const;

describe('estimateMemory', () => {
  it('counts one key and one value per layer, KV head and token', () => {
    // 30 layers x 3 heads x (64 + 64) x 2 bytes x 2048 tokens = 45 MiB, the size llama.cpp logs for this model.
    expect(estimateMemory(facts, load, 1).kvBytes).toBe(45 * 1024 * 1024);
    expect(estimateMemory(facts, load, 4).kvBytes).toBe(180 * 1024 * 1024);
  });

  it('counts fewer bytes for a quantized cache', () => {
    const { kvBytes } = estimateMemory(facts, { ...load, kvCacheType: 'q8_0' }, 1);
    expect(kvBytes / (45 * 1024 * 1024)).toBeCloseTo(17 / 32);
  });

  it('pads the context of each sequence to a multiple of 256 tokens', () => {
    const padded = estimateMemory(facts, { ...load, contextLength: 1024 }, 3).kvBytes;
    expect(estimateMemory(facts, { ...load, contextLength: 1000 }, 3).kvBytes).toBe(padded);
    expect(estimateMemory(facts, { ...load, contextLength: 1 }, 1).kvBytes).toBe(padded / 3 / 4);
  });

  it('needs more for attention scores and a wider mask without flash attention', () => {
    const longer = (flashAttention: 'on' | 'off') => {
      const [less, more] = [4096, 8192].map(
        (contextLength) => estimateMemory(facts, { ...load, contextLength, flashAttention }, 1).computeBytes,
      );
      return (more ?? 0) - (less ?? 0);
    };
    expect(longer('on')).toBe(512 * 4096 * 2);
    expect(longer('off')).toBe(512 * 4096 * (9 * 4 + 4));
  });

  it('computes at most 512 tokens at once, but the whole batch of an embedding model', () => {
    const compute = (batchSize: number, poolingType?: number) =>
      estimateMemory(
        { ...facts, ...(poolingType !== undefined && { poolingType }) },
        { ...load, batchSize },
        1,
      ).computeBytes;
    expect(compute(4096)).toBe(compute(512));
    expect(compute(128)).toBeLessThan(compute(512));
    expect(compute(2048, 1)).toBeGreaterThan(2 * compute(512, 1));
  });

  it('counts block by block what goes to a GPU, and what stays on the CPU', () => {
    const layout = {
      kinds: [
        {},
        {
          attention: {
            heads: 9,
            queryLength: 576,
            keyLength: 192,
            valueLength: 192,
            outputLength: 576,
            headLength: 64,
            isFused: false,
            isWindowed: false,
          },
        },
        {
          recurrent: {
            kind: 'mamba2' as const,
            projectionLength: 10,
            channels: 10,
            innerLength: 10,
            convolution: 4,
            timeStepRank: 1,
            timeStepLength: 0,
            convolutionState: 30,
            scanState: 100,
          },
        },
      ],
      blocks: [0, 1, 2],
      layerWeightBytes: [5, 6, 7],
      layerExpertBytes: [0, 4, 5],
      largestExpertBytes: 3,
      outputBytes: 8,
      inputBytes: 9,
      isEncoder: false,
    };
    const estimate = estimateMemory({ ...facts, layout }, load, 2);
    expect(estimate).toMatchObject({
      kvBytes: 384 * 2048 * 2 * 2,
      recurrentBytes: 130 * 2 * 4,
      inputBytes: 9,
    });
    expect(estimate.layerBytes).toEqual([5, 6 + estimate.kvBytes, 7 + estimate.recurrentBytes, 8]);
    expect(estimateMemory({ ...facts, layout: { ...layout, isEncoder: true } }, load, 2).kvBytes).toBe(0);
  });

  it('is the sum of its parts', () => {
    const { layerBytes, inputBytes, expertBytes, splitComputeBytes, totalBytes, ...parts } = estimateMemory(
      facts,
      load,
      4,
      1000,
    );
    expect([expertBytes.some((bytes) => bytes > 0), splitComputeBytes]).toEqual([false, parts.computeBytes]);
    expect([layerBytes.length > 0, inputBytes >= 0]).toEqual([true, true]);
    expect(parts.adapterBytes).toBe(1000);
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(totalBytes);
  });

  it('has one part for each block of a model and one for its output', () => {
    expect(estimateMemory(facts, load, 1).layerBytes).toHaveLength(31);
  });

  it('is at least the size of the weights for a file without dimensions', () => {
    const silent = { ...facts, blockCount: 0, headCountKv: 0, vocabularySize: 0, embeddingLength: 0 };
    expect(estimateMemory(silent, load, 4).totalBytes).toBeGreaterThan(silent.weightBytes);
  });

  it('handles absurd dimensions', () => {
    const huge = { ...facts, blockCount: 4_000_000_000, embeddingLength: 4_000_000_000, headCount: 0 };
    const { totalBytes, layerBytes } = estimateMemory(huge, load, 256);
    expect(totalBytes).toBeGreaterThan(512 * huge.embeddingLength * 4);
    expect(layerBytes).toHaveLength(513);
  });
});

describe('createLoadTarget', () => {
  const {
    estimate: _,
    reloadKey: _key,
    ...identity
  } = fakeLoadTarget('a', { load: { contextLength: 100_000 } });

  it('clamps the context to the training context, also in the estimate', () => {
    const target = createLoadTarget({ ...identity, facts });
    expect(target.load.contextLength).toBe(8192);
    expect(target.estimate(1)).toEqual(estimateMemory(facts, target.load, 1));
  });

  it('counts weights as mapped only when the system could drop them from memory', () => {
    const mapped = (overrides: Partial<WantedLoad>) =>
      createLoadTarget({ ...identity, load: { ...identity.load, ...overrides }, facts }).mappedBytes;
    expect(mapped({ useMmap: true })).toBe(facts.weightBytes);
    expect(mapped({ useMmap: true, useMlock: true })).toBe(0);
    expect(mapped({ useMmap: false })).toBe(0);
  });

  it('counts the files loaded in addition to the weights', () => {
    const [plain, more] = [0, 5].map((extraBytes) => createLoadTarget({ ...identity, facts, extraBytes }));
    expect((more?.estimate(1).totalBytes ?? 0) - (plain?.estimate(1).totalBytes ?? 0)).toBe(5);
    expect(more?.estimate(1).adapterBytes).toBe(5);
    expect(more?.mappedBytes).toBe(plain?.mappedBytes);
  });

  it('counts the encoder of pictures, its rows, and the larger micro batch of pictures that are computed in one go', () => {
    const need = { weightBytes: 500, bufferBytes: 50, rowWidth: 10, mostTokens: 256, isBidirectional: false };
    const estimate = (projector?: typeof need) =>
      createLoadTarget({ ...identity, facts, ...(projector && { projector }) }).estimate(1);
    const plain = estimate();
    const causal = estimate(need);
    expect(plain.projectorBytes).toBe(0);
    expect(causal.projectorBytes).toBe(550);
    const rowBytes = ROWS_CACHE_BYTES + 256 * 10 * 4;
    expect(causal.processBytes - plain.processBytes).toBe(rowBytes);
    expect(causal.totalBytes - plain.totalBytes).toBe(rowBytes + 550);
    expect(estimate({ ...need, isBidirectional: true }).computeBytes).toBe(plain.computeBytes);
    const large = estimate({ ...need, isBidirectional: true, mostTokens: 1200 });
    expect(large.computeBytes).toBeGreaterThan(1.5 * plain.computeBytes);
  });

  it('lets an embedding model see 2048 tokens at once, and gives it many slots', () => {
    const embedding = { ...facts, poolingType: 1 };
    const target = createLoadTarget({ ...identity, facts: embedding });
    expect(createLoadTarget({ ...identity, facts }).fixedSlots).toBeUndefined();
    expect(target.fixedSlots).toBeGreaterThan(1);
    expect(target.load.batchSize).toBe(2048);
    expect(target.estimate(target.fixedSlots ?? 0).totalBytes).toBe(target.estimate(1).totalBytes);
    const short = { ...identity, load: { ...identity.load, contextLength: 256 } };
    expect(createLoadTarget({ ...short, facts: embedding }).load.batchSize).toBe(256);
  });
});

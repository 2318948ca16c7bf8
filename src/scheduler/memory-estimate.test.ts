import { describe, expect, it } from 'vitest';
import { fakeLoadTarget } from '../../test/fakes/fake-load-target.ts';
import type { GgufFacts } from '../gguf/facts.ts';
import { createLoadTarget, type WantedLoad } from './load-target.ts';
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

  it('shrinks the cache with its type', () => {
    const { kvBytes } = estimateMemory(facts, { ...load, kvCacheType: 'q8_0' }, 1);
    expect(kvBytes / (45 * 1024 * 1024)).toBeCloseTo(17 / 32);
  });

  it('needs more for attention scores without flash attention', () => {
    const off = estimateMemory(facts, { ...load, flashAttention: 'off' }, 1).computeBytes;
    expect(off - estimateMemory(facts, load, 1).computeBytes).toBe(512 * 9 * 2048 * 4);
  });

  it('is no less than the weights for a file that names no sizes', () => {
    const silent = { ...facts, blockCount: 0, headCountKv: 0, vocabularySize: 0, embeddingLength: 0 };
    expect(estimateMemory(silent, load, 4).totalBytes).toBeGreaterThan(silent.weightBytes);
  });
});

describe('createLoadTarget', () => {
  const {
    estimate: _,
    reloadKey: _key,
    ...identity
  } = fakeLoadTarget('a', { load: { contextLength: 100_000 } });

  it('clamps the context to what the model was trained for, also in the estimate', () => {
    const target = createLoadTarget({ ...identity, facts });
    expect(target.load.contextLength).toBe(8192);
    expect(target.estimate(1).totalBytes).toBe(estimateMemory(facts, target.load, 1).totalBytes);
  });

  it('counts weights as mapped only when the system could drop them from memory', () => {
    const mapped = (overrides: Partial<WantedLoad>) =>
      createLoadTarget({ ...identity, load: { ...identity.load, ...overrides }, facts }).mappedBytes;
    expect(mapped({ useMmap: true })).toBe(facts.weightBytes);
    expect(mapped({ useMmap: true, useMlock: true })).toBe(0);
    expect(mapped({ useMmap: false })).toBe(0);
  });

  it('counts the files loaded beside the model', () => {
    const [plain, more] = [0, 5].map((extraBytes) => createLoadTarget({ ...identity, facts, extraBytes }));
    expect((more?.estimate(1).totalBytes ?? 0) - (plain?.estimate(1).totalBytes ?? 0)).toBe(5);
    expect(more?.mappedBytes).toBe(plain?.mappedBytes);
  });

  it('lets an embedding model see 2048 tokens at once, for many requests that share its memory', () => {
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

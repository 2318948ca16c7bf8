import { expect, it } from 'vitest';
import type { MediaFacts, RunnerFacts } from '../protocol/load.ts';
import { BufferSizes } from './buffer-sizes.ts';
import { withMemory } from './loaded-memory.ts';

const MIB = 1024 * 1024;
const facts: RunnerFacts = {
  ...{ contextLength: 8, slots: 1, bos: 1, eos: 2, addsBos: true, bosText: '', eosText: '' },
  ...{ memoryBytes: 100 * MIB, gpuMemoryBytes: 0 },
};
const media: MediaFacts = {
  kinds: ['image'],
  ...{ rowWidth: 1, mostTokens: 1, isBidirectional: false, hasGridPositions: false },
  ...{ encoderBytes: 7 * MIB, rowBytes: MIB },
};

function buffers(...lines: readonly string[]): BufferSizes {
  const sizes = new BufferSizes();
  for (const line of lines) sizes.read(line);
  return sizes;
}
const reported = [
  'load_tensors:        CUDA0 model buffer size =   100.00 MiB',
  'sched_reserve:      CUDA0 compute buffer size =    20.00 MiB',
  'load_tensors: offloaded 3/3 layers to GPU',
];

it('adds the encoder to what the log reports, on its GPU or in the memory of the system', () => {
  expect(withMemory(facts, buffers(...reported))).toMatchObject({
    ...{ memoryBytes: 120 * MIB, gpuMemoryBytes: 120 * MIB, deviceBytes: { CUDA0: 120 * MIB } },
  });
  expect(withMemory({ ...facts, media }, buffers(...reported))).toMatchObject({
    ...{ memoryBytes: 128 * MIB, gpuMemoryBytes: 120 * MIB },
  });
  expect(withMemory({ ...facts, media: { ...media, gpu: 'CUDA0' } }, buffers(...reported))).toMatchObject({
    ...{ memoryBytes: 128 * MIB, gpuMemoryBytes: 127 * MIB, deviceBytes: { CUDA0: 127 * MIB } },
  });
});

it('says on which device the encoder is', () => {
  const others = (withGpu: object) =>
    withMemory({ ...facts, media: { ...media, ...withGpu } }, buffers(...reported)).deviceMemory?.map(
      ({ device, other }) => [device, other / MIB],
    );
  expect(others({})).toEqual([
    ['system', 8],
    ['CUDA0', 0],
  ]);
  expect(others({ gpu: 'CUDA0' })).toEqual([
    ['system', 1],
    ['CUDA0', 7],
  ]);
});

it('adds it to the weights where the log reports nothing', () => {
  expect(withMemory({ ...facts, media }, buffers()).memoryBytes).toBe(108 * MIB);
});

it('does not count buffers that are reserved again after the load', () => {
  const sizes = buffers(...reported);
  sizes.ignore();
  sizes.read('sched_reserve:      CUDA0 compute buffer size =    20.00 MiB');
  expect(withMemory(facts, sizes).memoryBytes).toBe(120 * MIB);
});

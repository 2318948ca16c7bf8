import { expect, it } from 'vitest';
import { FakeRunner } from '../../test/fakes/runners/fake-runner.ts';
import { fakeLoadTarget } from '../../test/fakes/scheduler/fake-load-target.ts';
import type { Instance } from './instance.ts';
import { describeInstance } from './running-model.ts';

const weights = { useMmap: true, hugePages: false, reason: '' };
const idle: Partial<Instance> = {
  id: 1,
  target: fakeLoadTarget('smol'),
  place: {
    slots: 1,
    gpuLayers: 0,
    expertLayersOnCpu: 0,
    isWhole: true,
    pools: { system: 500 },
    mappedBytes: 0,
    weights,
  },
  state: 'ready',
  active: new Set(),
  lines: new Set(),
  waiting: 0,
  keepAliveMs: 1000,
  lastUsed: 0,
  idleSince: 0,
};

it.each([
  ['all layers on GPUs does not include system memory', 80, true, { size: 80, onGpus: 80 }],
  ['some layers on GPUs is the total', 80, false, { size: 100, onGpus: 80 }],
  ['no layers on GPUs is the total', 0, false, { size: 100, onGpus: 0 }],
])('the size of a model with %s', (_, gpuMemoryBytes, allLayersOnGpu, { size, onGpus }) => {
  const { facts } = new FakeRunner({ memoryBytes: 100, gpuMemoryBytes, allLayersOnGpu });
  const running = describeInstance(idle as Instance, { facts, loadedFraction: 1, now: 0, date: 0 });
  expect(running).toMatchObject({ sizeBytes: size, gpuBytes: onGpus });
});

it('the size of a model that is still loading is the predicted one', () => {
  const running = describeInstance(idle as Instance, {
    facts: undefined,
    loadedFraction: 0.5,
    now: 0,
    date: 0,
  });
  expect(running).toMatchObject({ sizeBytes: 500, gpuBytes: 0 });
});

import { expect, it } from 'vitest';
import { fakeLoadTarget } from '../../../test/fakes/scheduler/fake-load-target.ts';
import type { GpuRoom } from '../memory/memory-pools.ts';
import { findPlace } from './place.ts';

const target = { ...fakeLoadTarget('a', { bytes: (slots) => 100 * slots }), draftBytes: () => 30 };
const withProjector = fakeLoadTarget('b', { bytes: (slots) => 100 * slots + 30, projectorBytes: 30 });
const options = { settings: { numParallel: 2, spread: false }, isAlone: true };
const gpu = (freeBytes: number): GpuRoom => ({ id: 'CUDA0', freeBytes, kind: 'gpu', library: 'cuda' });
const find = (systemBytes: number, gpus: readonly GpuRoom[] = []) =>
  findPlace(target, { count: 1, systemBytes, gpus }, options);

it('puts the draft model beside the model where both fit', () => {
  expect(find(230)).toMatchObject({ slots: 2, draft: {}, pools: { system: 230 } });
});

it('leaves the draft model out where memory is short, rather than the model or its slots', () => {
  expect(find(229)).toMatchObject({ slots: 2, pools: { system: 200 } });
  expect(find(229)?.draft).toBeUndefined();
});

it('puts the draft model on the GPU of its model, or on the CPU if that is full', () => {
  expect(find(1000, [gpu(230)])).toMatchObject({ draft: { gpu: 'CUDA0' }, pools: { CUDA0: 230 } });
  expect(find(1000, [gpu(229)])).toMatchObject({ draft: {}, pools: { CUDA0: 200, system: 30 } });
});

const findFor = (systemBytes: number, gpus: readonly GpuRoom[] = []) =>
  findPlace(withProjector, { count: 1, systemBytes, gpus }, options);

it('counts the encoder of pictures with its model', () => {
  expect(findFor(230)).toMatchObject({ slots: 2, pools: { system: 230 } });
  expect(findFor(229)).toBeUndefined();
});

it('puts the encoder of pictures on the GPU of its model, or on the CPU if that is full', () => {
  expect(findFor(0, [gpu(230)])).toMatchObject({ projectorGpu: 'CUDA0', pools: { CUDA0: 230, system: 0 } });
  const place = findFor(1000, [gpu(229)]);
  expect(place).toMatchObject({ slots: 2, pools: { CUDA0: 200, system: 30 } });
  expect(place?.projectorGpu).toBeUndefined();
});

import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import type { GpuRoom } from '../memory/memory-pools.ts';
import { type ExpertDemand, expertLayers, placeExperts, withoutExperts } from './expert-placement.ts';
import { type GpuWish, placeLayers } from './gpu-placement.ts';

const ROUNDS = rounds({ change: 3000, long: 3000, nightly: 300_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 60_000, nightly: 600_000 });

const gpu = (id: string, freeBytes: number): GpuRoom => ({ id, freeBytes, kind: 'gpu', library: 'cuda' });
const automatic: GpuWish = { gpuLayers: -1, spread: false };
/** A dense layer, four with eight bytes of experts out of ten, and an output layer. Buffers and a copied tensor: 3 + 2. */
const mixed: ExpertDemand = {
  layerBytes: [10, 10, 10, 10, 10, 10],
  expertBytes: [0, 8, 8, 8, 8],
  computeBytes: 3,
  splitComputeBytes: 5,
};

describe('withoutExperts', () => {
  it('leaves out the experts of the first layers, and adds the copy of a tensor', () => {
    expect(withoutExperts(mixed, 3)).toEqual({ layerBytes: [10, 2, 2, 10, 10, 10], computeBytes: 5 });
  });

  it('changes nothing where these layers have no experts', () => {
    expect(withoutExperts(mixed, 0)).toBe(mixed);
    expect(withoutExperts(mixed, 1)).toBe(mixed);
  });
});

describe('expertLayers', () => {
  it('is the number of layers up to the last one with experts', () => {
    expect(expertLayers(mixed)).toBe(5);
    expect(expertLayers({ expertBytes: [4, 0, 0] })).toBe(1);
    expect(expertLayers({ expertBytes: [0, 0] })).toBe(0);
  });
});

describe('placeExperts', () => {
  const place = (gpus: readonly GpuRoom[], wish: Partial<GpuWish> = {}, demand = mixed) =>
    placeExperts(demand, gpus, { ...automatic, ...wish });

  it.each([
    ['those of one layer', 62, 2, 57],
    ['those of one layer, with not a byte to spare', 57, 2, 57],
    ['those of two layers', 56, 3, 49],
    ['those of all layers', 33, 5, 33],
  ])('keeps as few experts on the CPU as possible: %s', (_, freeBytes, expertLayersOnCpu, bytes) => {
    expect(place([gpu('CUDA0', freeBytes)])).toMatchObject({
      expertLayersOnCpu,
      gpuLayers: 6,
      bytesByGpu: { CUDA0: bytes },
      isComplete: true,
    });
  });

  it('has no place where everything but the experts does not fit', () => {
    expect(place([gpu('CUDA0', 32)])).toBeUndefined();
    expect(place([])).toBeUndefined();
    expect(place([gpu('CUDA0', 500)], { gpuLayers: 0 })).toBeUndefined();
  });

  it('has no place for a model without experts', () => {
    const dense = { ...mixed, expertBytes: [0, 0, 0, 0, 0] };
    expect(place([gpu('CUDA0', 40)], {}, dense)).toBeUndefined();
  });

  it('spreads the rest over the GPUs', () => {
    const placed = place([gpu('CUDA0', 30), gpu('CUDA1', 30)]);
    expect(placed).toMatchObject({ isComplete: true, gpuLayers: 6 });
    expect(Object.keys(placed?.bytesByGpu ?? {})).toEqual(['CUDA0', 'CUDA1']);
  });

  it('never exceeds a GPU, and one layer less on the CPU would', { timeout: TIMEOUT_MS }, () => {
    const random = seededRandom(seedFrom(11));
    const whole = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
    let found = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const expertBytes = Array.from({ length: whole(1, 12) }, () => whole(0, 10));
      const rest = Array.from({ length: expertBytes.length + 1 }, () => whole(0, 4));
      const computeBytes = whole(0, 6);
      const demand: ExpertDemand = {
        layerBytes: rest.map((bytes, index) => bytes + (expertBytes[index] ?? 0)),
        expertBytes,
        computeBytes,
        splitComputeBytes: computeBytes + whole(0, 5),
      };
      const one = gpu('CUDA0', whole(0, 90));
      // Where everything fits, nobody asks.
      if (placeLayers(demand, [one], automatic)?.isComplete) continue;
      const placed = placeExperts(demand, [one], automatic);
      const fits = (layers: number) =>
        placeLayers(withoutExperts(demand, layers), [one], automatic)?.isComplete === true;
      if (!placed) {
        expect(fits(expertLayers(demand))).toBe(false);
        continue;
      }
      found += 1;
      expect(placed.bytesByGpu.CUDA0 ?? 0).toBeLessThanOrEqual(one.freeBytes);
      expect(fits(placed.expertLayersOnCpu - 1)).toBe(false);
    }
    expect(found).toBeGreaterThan(ROUNDS / 20);
  });
});

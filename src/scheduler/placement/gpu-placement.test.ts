import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import type { GpuRoom } from '../memory/memory-pools.ts';
import { type GpuPlacement, type GpuWish, type LayerDemand, placeLayers } from './gpu-placement.ts';

const ROUNDS = rounds({ change: 3000, long: 3000, nightly: 300_000 });
const TIMEOUT_MS = rounds({ change: 60_000, long: 60_000, nightly: 600_000 });

const gpu = (id: string, freeBytes: number, more: Partial<GpuRoom> = {}): GpuRoom => ({
  id,
  freeBytes,
  kind: 'gpu',
  library: 'cuda',
  ...more,
});
/** Ten layers of 10 bytes, and 5 bytes of buffers on each device: 105 bytes on one GPU. */
const ten = { layerBytes: Array.from({ length: 10 }, () => 10), computeBytes: 5 };
/** Nine layers of 10 bytes, followed by a large output layer. */
const largeOutput = { layerBytes: [...ten.layerBytes.slice(1), 50], computeBytes: 5 };
const automatic: GpuWish = { gpuLayers: -1, spread: false };

type Row = readonly [
  title: string,
  demand: typeof ten,
  gpus: readonly GpuRoom[],
  wish: Partial<GpuWish>,
  /** Number of layers by GPU, and whether all requested ones are on GPUs; undefined = CPU only. */
  expected: { readonly layers: Readonly<Record<string, number>>; readonly whole: boolean } | undefined,
];
const whole = (layers: Record<string, number>) => ({ layers, whole: true });
const part = (layers: Record<string, number>) => ({ layers, whole: false });
const a = (free: number) => gpu('CUDA0', free);
const b = (free: number) => gpu('CUDA1', free);
const c = (free: number) => gpu('CUDA2', free);
const vulkan = (free: number) => gpu('Vulkan0', free, { library: 'vulkan' });
const integrated = (free: number) => gpu('Vulkan1', free, { library: 'vulkan', kind: 'igpu' });

const rows: readonly Row[] = [
  ['no GPU', ten, [], {}, undefined],
  ['a GPU of exactly the required size', ten, [a(105)], {}, whole({ CUDA0: 10 })],
  ['a GPU that is one byte too small', ten, [a(104)], {}, part({ CUDA0: 9 })],
  ['a GPU for half of the layers', ten, [a(55)], {}, part({ CUDA0: 5 })],
  ['a GPU for one layer', ten, [a(15)], {}, part({ CUDA0: 1 })],
  ['a GPU too small for any layer', ten, [a(14)], {}, undefined],
  ['a GPU without free memory', ten, [a(0)], {}, undefined],
  ['a GPU with negative free memory', ten, [a(-10)], {}, undefined],
  ['two GPUs, the first fits', ten, [a(105), b(50)], {}, whole({ CUDA0: 10 })],
  ['two GPUs, the second fits', ten, [a(50), b(105)], {}, whole({ CUDA1: 10 })],
  ['two GPUs that fit: the one with more', ten, [a(110), b(200)], {}, whole({ CUDA1: 10 })],
  ['two equal GPUs that fit: the first', ten, [a(110), b(110)], {}, whole({ CUDA0: 10 })],
  ['two GPUs of half the size each', ten, [a(60), b(60)], {}, whole({ CUDA0: 5, CUDA1: 5 })],
  ['two GPUs, by free memory', ten, [a(35), b(85)], {}, whole({ CUDA0: 3, CUDA1: 7 })],
  ['two GPUs, the larger first', ten, [a(85), b(35)], {}, whole({ CUDA0: 7, CUDA1: 3 })],
  ['two GPUs just large enough', ten, [a(55), b(55)], {}, whole({ CUDA0: 5, CUDA1: 5 })],
  ['two GPUs that are not enough', ten, [a(45), b(45)], {}, part({ CUDA0: 4, CUDA1: 4 })],
  ['two GPUs, one too small for buffers', ten, [a(4), b(60)], {}, part({ CUDA1: 5 })],
  ['two GPUs, one full', ten, [a(0), b(60)], {}, part({ CUDA1: 5 })],
  ['three GPUs', ten, [a(45), b(45), c(45)], {}, whole({ CUDA0: 3, CUDA1: 4, CUDA2: 3 })],
  ['three GPUs, one fits', ten, [a(45), b(45), c(150)], {}, whole({ CUDA2: 10 })],
  ['three GPUs, all but one useless', ten, [a(10), b(0), c(65)], {}, part({ CUDA2: 6 })],
  ['num_gpu 0', ten, [a(500)], { gpuLayers: 0 }, undefined],
  ['num_gpu 1', ten, [a(500)], { gpuLayers: 1 }, whole({ CUDA0: 1 })],
  ['num_gpu 4', ten, [a(500)], { gpuLayers: 4 }, whole({ CUDA0: 4 })],
  ['num_gpu 999 is all', ten, [a(500)], { gpuLayers: 999 }, whole({ CUDA0: 10 })],
  ['num_gpu 4 where three fit', ten, [a(35)], { gpuLayers: 4 }, part({ CUDA0: 3 })],
  ['num_gpu 4 fits one of two', ten, [a(35), b(45)], { gpuLayers: 4 }, whole({ CUDA1: 4 })],
  ['num_gpu 4 over two', ten, [a(25), b(25)], { gpuLayers: 4 }, whole({ CUDA0: 2, CUDA1: 2 })],
  ['spread although one fits', ten, [a(200), b(200)], { spread: true }, whole({ CUDA0: 5, CUDA1: 5 })],
  ['spread by free memory', ten, [a(305), b(105)], { spread: true }, whole({ CUDA0: 8, CUDA1: 2 })],
  ['spread over one', ten, [a(200)], { spread: true }, whole({ CUDA0: 10 })],
  ['spread of num_gpu', ten, [a(200), b(200)], { spread: true, gpuLayers: 2 }, whole({ CUDA0: 1, CUDA1: 1 })],
  ['main_gpu', ten, [a(200), b(150)], { mainGpu: 1 }, whole({ CUDA1: 10 })],
  ['main_gpu that is too small', ten, [a(200), b(55)], { mainGpu: 1 }, part({ CUDA1: 5 })],
  ['main_gpu that is full', ten, [a(200), b(0)], { mainGpu: 1 }, undefined],
  ['main_gpu that does not exist', ten, [a(200)], { mainGpu: 3 }, whole({ CUDA0: 10 })],
  ['main_gpu before spread', ten, [a(200), b(200)], { mainGpu: 0, spread: true }, whole({ CUDA0: 10 })],
  [
    'main_gpu counts within the best library',
    ten,
    [vulkan(50), a(200)],
    { mainGpu: 0 },
    whole({ CUDA0: 10 }),
  ],
  ['two libraries: never both', ten, [a(60), vulkan(55)], {}, part({ CUDA0: 5 })],
  ['two libraries: the one with more memory', ten, [a(60), vulkan(200)], {}, whole({ Vulkan0: 10 })],
  ['a discrete GPU before a larger integrated one', ten, [integrated(500), a(55)], {}, part({ CUDA0: 5 })],
  ['an integrated GPU alone', ten, [integrated(500)], {}, whole({ Vulkan1: 10 })],
  ['an integrated GPU is not part of a spread', ten, [vulkan(55), integrated(500)], {}, part({ Vulkan0: 5 })],
  ['a large output layer goes first', largeOutput, [a(55)], {}, part({ CUDA0: 1 })],
  ['an output layer that fits nowhere', largeOutput, [a(54)], {}, undefined],
  ['a large output layer on the second', largeOutput, [a(95), b(55)], {}, whole({ CUDA0: 9, CUDA1: 1 })],
  [
    'unequal shares where equal ones do not fit',
    largeOutput,
    [a(75), b(75)],
    {},
    whole({ CUDA0: 7, CUDA1: 3 }),
  ],
];

describe('placeLayers', () => {
  it.each(rows)('%s', (_, demand, gpus, wish, expected) => {
    const placed = placeLayers(demand, gpus, { ...automatic, ...wish });
    if (!expected) {
      expect(placed).toBeUndefined();
      return;
    }
    const layers = Object.fromEntries(
      placed?.plan.gpus.map((id, index) => [id, placed.plan.split[index]]) ?? [],
    );
    expect(layers).toEqual(expected.layers);
    expect(placed?.isComplete).toBe(expected.whole);
    expect(placed?.gpuLayers).toBe(Object.values(expected.layers).reduce((sum, count) => sum + count, 0));
  });

  it('never exceeds the free memory of a GPU, splits what fits on one, or leaves out a layer that fits', {
    timeout: TIMEOUT_MS,
  }, () => {
    const random = seededRandom(seedFrom(7));
    const whole = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
    for (let round = 0; round < ROUNDS; round += 1) {
      const gpus = Array.from({ length: whole(1, 4) }, (_, index) => gpu(`CUDA${index}`, whole(0, 120)));
      const layerBytes = Array.from({ length: whole(1, 20) }, () => whole(1, 12));
      const demand = { layerBytes, computeBytes: whole(0, 10) };
      const placed = placeLayers(demand, gpus, automatic);
      for (const { id, freeBytes } of gpus) {
        expect(placed?.bytesByGpu[id] ?? 0).toBeLessThanOrEqual(freeBytes);
      }
      expect(isBest(placed, demand, gpus)).toBe(true);
    }
  });
});

/** Checks that a model is split only if no GPU can take it alone, and that one more layer would not fit. */
function isBest(placed: GpuPlacement | undefined, demand: LayerDemand, gpus: readonly GpuRoom[]): boolean {
  const { layerBytes, computeBytes } = demand;
  const total = layerBytes.reduce((sum, bytes) => sum + bytes, computeBytes);
  const suffices = gpus.some(({ freeBytes }) => freeBytes >= total);
  if (suffices) return placed?.isComplete === true && placed.plan.gpus.length === 1;
  if (placed?.isComplete) return true;
  return !fillsInOrder(
    layerBytes.slice(layerBytes.length - (placed?.gpuLayers ?? 0) - 1),
    gpus,
    computeBytes,
  );
}

function fillsInOrder(
  layerBytes: readonly number[],
  gpus: readonly GpuRoom[],
  computeBytes: number,
): boolean {
  let next = 0;
  for (const { freeBytes } of gpus) {
    let room = freeBytes - computeBytes;
    for (let size = layerBytes[next]; size !== undefined && size <= room; size = layerBytes[next]) {
      room -= size;
      next += 1;
    }
  }
  return next === layerBytes.length;
}

/** A random machine, its models, and the requests for them; the same seed gives the same scenario. */
import { GIB } from '../../src/base/units.ts';
import type { GpuDevice } from '../../src/gpus/gpu-device.ts';
import type { LoadTarget } from '../../src/scheduler/load-target.ts';
import type { SchedulerSettings } from '../../src/scheduler/scheduler-settings.ts';
import { seededRandom } from '../fakes/random/seeded-random.ts';
import { fakeLoadTarget } from '../fakes/scheduler/fake-load-target.ts';
import { schedulerSettings } from '../fakes/scheduler/scheduler-settings.ts';

/** All times are in milliseconds. */
export interface SimulatedRequest {
  readonly id: number;
  readonly target: LoadTarget;
  readonly client: string;
  readonly priority: number;
  readonly keepAliveMs?: number;
  readonly arrivesAt: number;
  readonly runsFor: number;
  /** When the client disconnects, whether or not it was served; absent = it stays. */
  readonly leavesAt?: number;
  /** What it asks for after it was served for a moment, because its prompt does not fit; absent = it fits. */
  readonly growsTo?: LoadTarget;
  readonly again?: 'longer' | 'same';
}

interface SimulatedModel {
  readonly loadsFor: number;
  readonly stopsFor: number;
  /** Probability that a load fails, and that a loaded runner crashes within a second. */
  readonly failure: number;
  readonly crash: number;
  /** Probability that the process is killed while it loads. */
  readonly kill: number;
}

export interface Scenario {
  readonly seed: number;
  readonly systemBytes: number;
  readonly gpus: readonly GpuDevice[];
  readonly settings: SchedulerSettings;
  readonly models: ReadonlyMap<string, SimulatedModel>;
  readonly requests: readonly SimulatedRequest[];
  readonly unloads: readonly { readonly at: number; readonly key: string }[];
  readonly random: () => number;
}

/** How long a request that needs a longer context reads its prompt before it knows. */
export const MAX_READ_MS = 100;
export const MAX_RUN_MS = 4000;
export const MAX_LOAD_MS = 3000;
export const MAX_STOP_MS = 500;
const BATCH_CLIENT = 'batch';
export const clients = ['anna', 'ben', 'carl'];

export function randomScenario(seed: number): Scenario {
  const random = seededRandom(seed);
  const whole = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const pick = <T>(items: readonly T[]): T => items[whole(0, items.length - 1)] as T;
  const chance = (part: number) => random() < part;
  // Only bytes in realistic numbers leave the reserve for weights in huge pages.
  const unit = seed % 2 === 0 ? GIB : 1;
  const gpus = Array.from({ length: chance(0.5) ? 0 : whole(1, 3) }, (_, index): GpuDevice => {
    const totalBytes = unit * whole(10, 60);
    const kind = chance(0.8) ? 'gpu' : 'igpu';
    const library = chance(0.8) ? 'cuda' : 'vulkan';
    const memory = { totalBytes, freeBytes: totalBytes, isUnified: kind === 'igpu' };
    return { id: `GPU${index}`, description: '', kind, library, ...memory };
  });
  const settings = schedulerSettings({
    maxLoadedModels: whole(0, 3),
    maxQueue: chance(0.3) ? whole(1, 6) : 512,
    numParallel: whole(0, 4),
    keepAliveMs: pick([0, 500, 10_000, Number.POSITIVE_INFINITY]),
    swapMaxWaitMs: pick([0, 500, 3000]),
    drainTimeoutMs: pick([1000, 60_000, Number.POSITIVE_INFINITY]),
    spread: chance(0.2),
    gpuOverheadBytes: chance(0.2) ? unit * whole(0, 5) : 0,
    memoryLimitBytes: chance(0.2) ? unit * whole(20, 80) : Number.POSITIVE_INFINITY,
  });
  const models = new Map<string, SimulatedModel>();
  const targets = Array.from({ length: whole(1, 5) }, (_, index) => {
    const weights = unit * whole(1, 40);
    const perSlot = unit * whole(0, 5);
    const shape = {
      bytes: (slots: number) => weights + perSlot * slots,
      layers: whole(1, 6),
      ...(seed % 3 === 0 && { expertPart: 0.75 }),
      ...(chance(0.1) && { fixedSlots: whole(1, 8) }),
      ...(chance(0.1) && { mainGpu: whole(0, 2) }),
      ...(chance(0.07) && { pinned: true }),
      mappedBytes: chance(0.3) ? weights : 0,
    };
    const name = `model-${index}`;
    const options = Array.from({ length: whole(1, 3) }, () => ({
      contextLength: pick([1024, 2048, 4096]),
      gpuLayers: chance(0.8) ? -1 : whole(0, 4),
    }));
    const variants = options.map((load) => fakeLoadTarget(name, { ...shape, load, isForBatch: chance(0.2) }));
    models.set(`key-of-${name}`, {
      loadsFor: whole(10, MAX_LOAD_MS),
      stopsFor: whole(0, MAX_STOP_MS),
      failure: chance(0.2) ? 0.3 : 0,
      crash: chance(0.2) ? 0.2 : 0,
      kill: chance(0.1) ? 0.5 : 0,
    });
    const most = unit * whole(0, 8);
    const grown = { ...shape, bytes: (slots: number) => shape.bytes(slots) + most * slots };
    const longer = options.map((load, place) =>
      fakeLoadTarget(name, { ...grown, load: { ...load, contextLength: 8192 * (1 + place) } }),
    );
    return variants.map((target, place) => ({ target, longer: longer[place] }));
  });
  const span = pick([1000, 10_000, 60_000]);
  const arrivals = Array.from({ length: chance(0.1) ? whole(60, 120) : whole(1, 25) }, () => whole(0, span));
  arrivals.sort((left, right) => left - right);
  const growing = chance(0.5) ? 0.3 : 0;
  const requests = arrivals.map((arrivesAt, index): SimulatedRequest => {
    const { target, longer } = pick(pick(targets));
    return {
      id: index + 1,
      target,
      ...(longer && chance(growing) && { growsTo: longer }),
      client: target.isForBatch ? BATCH_CLIENT : pick(clients),
      priority: target.isForBatch ? -2 : chance(0.9) ? 0 : pick([-1, 1]),
      ...(chance(0.1) && { keepAliveMs: pick([0, 100, 30_000, Number.POSITIVE_INFINITY]) }),
      arrivesAt,
      runsFor: whole(1, MAX_RUN_MS),
      ...(chance(0.15) && { leavesAt: arrivesAt + whole(0, 8000) }),
    };
  });
  const unloads = Array.from({ length: chance(0.3) ? whole(1, 3) : 0 }, () => ({
    at: whole(0, span),
    key: pick([...models.keys()]),
  }));
  return { seed, systemBytes: unit * whole(20, 120), gpus, settings, models, requests, unloads, random };
}

/** What takes the memory of each device, for the bars of the engine page. Amounts are bytes. */
import type { EngineDevice, EngineMemoryPart, EngineRunner, EngineState } from '../../api/engine-events.ts';

export type MemoryKind =
  | 'weights'
  | 'kvHeld'
  | 'kvIdle'
  | 'kvFree'
  | 'compute'
  | 'loading'
  | 'other'
  | 'others'
  | 'free';

interface ModelMemory {
  readonly runner: number;
  readonly model: string;
  readonly parts: ReadonlyMap<MemoryKind, number>;
}

export interface DeviceMemory {
  readonly device: string;
  readonly total: number;
  readonly models: readonly ModelMemory[];
  /** What programs other than this server take, as far as it can be known. */
  readonly others: number;
  readonly free: number;
}

/** One entry for each device that models are on or could be loaded to. */
export function memoryByDevice({ devices, runners }: EngineState): DeviceMemory[] {
  const known = new Set(devices.map(({ device }) => device));
  const unknown = runners
    .flatMap(({ memory }) => memory.map(({ device }) => device))
    .filter((device) => !known.has(device));
  const missing = [...new Set(unknown)].map((device) => ({ device, total_bytes: 0, free_bytes: 0 }));
  return [...devices, ...missing].map((device) => memoryOf(device, runners));
}

function memoryOf(
  { device, total_bytes, free_bytes }: EngineDevice,
  runners: readonly EngineRunner[],
): DeviceMemory {
  const models = runners.flatMap((runner) =>
    runner.memory
      .filter((part) => part.device === device)
      .map((part) => ({ runner: runner.runner, model: runner.model, parts: partsOf(part, runner) })),
  );
  const ours = models.reduce((sum, { parts }) => sum + sumOf(parts), 0);
  // Free memory is measured, the models' is computed: together they may exceed the total.
  const total = Math.max(total_bytes, ours + (total_bytes === 0 ? free_bytes : 0));
  const free = Math.min(free_bytes, Math.max(0, total - ours));
  return { device, total, models, others: Math.max(0, total - ours - free), free };
}

function partsOf(part: EngineMemoryPart, { state }: EngineRunner): Map<MemoryKind, number> {
  const { weights_bytes, kv_bytes, kv_held_bytes, kv_idle_bytes, compute_bytes, other_bytes } = part;
  const all: [MemoryKind, number][] = [
    ['weights', weights_bytes],
    ['kvHeld', kv_held_bytes],
    ['kvIdle', kv_idle_bytes],
    ['kvFree', Math.max(0, kv_bytes - kv_held_bytes - kv_idle_bytes)],
    ['compute', compute_bytes],
    [state === 'loading' ? 'loading' : 'other', other_bytes],
  ];
  return new Map(all.filter(([, bytes]) => bytes > 0));
}

function sumOf(parts: ReadonlyMap<MemoryKind, number>): number {
  return [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** The parts of a device in the order of its bar. */
export function barOf({ models, others, free }: DeviceMemory): { kind: MemoryKind; amount: number }[] {
  const parts = models.flatMap(({ parts }) => [...parts].map(([kind, amount]) => ({ kind, amount })));
  return [...parts, { kind: 'others' as const, amount: others }, { kind: 'free' as const, amount: free }];
}

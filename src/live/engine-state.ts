/** What there is at a moment, as those who watch see it. */
import type {
  EngineDevice,
  EngineMemoryPart,
  EngineRunner,
  EngineSlot,
  EngineState,
  EngineWait,
} from '../api/engine-events.ts';
import type { DeviceBytes } from '../protocol/load.ts';
import type { SlotState, StepReport } from '../protocol/step-report.ts';

/** A model that is loaded or being loaded, as the scheduler describes it. */
export interface LiveRunner {
  readonly id: number;
  readonly name: string;
  readonly state: EngineRunner['state'];
  readonly isLeaving: boolean;
  readonly loadedFraction: number;
  /** Milliseconds of the clock. */
  readonly loadStarted?: number | undefined;
  readonly loadEnded?: number | undefined;
  /** Tokens per slot. */
  readonly contextLength: number;
  readonly slots: number;
  readonly memory: readonly DeviceBytes[];
}

export interface LiveWaiting {
  /** Name of the model. */
  readonly name: string;
  readonly run?: number;
  readonly priority: number;
  /** Milliseconds of the clock. */
  readonly since: number;
  readonly reason: EngineWait['waits_for'];
}

export interface LiveDevice {
  readonly device: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export interface StateSources {
  readonly runners: readonly LiveRunner[];
  readonly waiting: readonly LiveWaiting[];
  readonly devices: readonly LiveDevice[];
  readonly diskBytes: number | undefined;
  /** The last report of each runner, by its ID. */
  readonly reports: ReadonlyMap<number, Pick<StepReport, 'slots' | 'stored'>>;
  /** What makes milliseconds since 1970 of those of the clock. */
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Free memory changes all the time by small amounts, which nobody sees in a plot. */
const FREE_STEP_BYTES = 16 * 1024 * 1024;

/** @returns the state without the names of its runs */
export function engineState(sources: StateSources): Omit<EngineState, 'runs'> {
  const { runners, waiting, devices, diskBytes, offset, now } = sources;
  const leaving = runners.filter(({ isLeaving }) => isLeaving).map(({ name }) => name);
  return {
    type: 'state',
    at: now,
    runners: runners.map((runner) => runnerOf(runner, sources)),
    queue: waiting.map(
      ({ name, run, priority, since, reason }, index): EngineWait => ({
        ...(run !== undefined && { run }),
        position: index + 1,
        model: name,
        priority,
        since_at: offset + since,
        waits_for: reason,
        ...(reason === 'memory' && { unloading: leaving }),
      }),
    ),
    devices: devices.map(deviceOf),
    ...(diskBytes !== undefined && { disk_cache_bytes: diskBytes }),
  };
}

function runnerOf(runner: LiveRunner, { reports, offset, now }: StateSources): EngineRunner {
  const { loadStarted, loadEnded, slots: count, contextLength } = runner;
  const report = reports.get(runner.id);
  const slots = Array.from({ length: count }, (_, slot) => slotOf(slot, report?.slots[slot]));
  const { hostBytes = 0, hostEntries = 0, diskEntries = 0 } = report?.stored ?? {};
  return {
    runner: runner.id,
    model: runner.name,
    state: runner.state,
    load_fraction: runner.state === 'loading' ? runner.loadedFraction : 1,
    load_started_at: loadStarted === undefined ? now : offset + loadStarted,
    ...(loadEnded !== undefined && { loaded_at: offset + loadEnded }),
    context_length: contextLength,
    slots,
    memory: runner.memory.map((part) => memoryOf(part, slots, contextLength)),
    ...(hostEntries > 0 && { host_cache: { bytes: hostBytes, conversations: hostEntries } }),
    ...(diskEntries > 0 && { disk_cache: { conversations: diskEntries } }),
  };
}

function slotOf(slot: number, state: SlotState | undefined): EngineSlot {
  const { run, tokens = 0, shared = 0, promptTokens = 0 } = state ?? {};
  const used = run === undefined ? {} : { run };
  return { slot, ...used, tokens, shared_tokens: shared, prompt_tokens: promptTokens };
}

function memoryOf(
  { device, weights, cache, compute, other }: DeviceBytes,
  slots: readonly EngineSlot[],
  contextLength: number,
): EngineMemoryPart {
  const perToken = cache / Math.max(1, slots.length * contextLength);
  const bytes = (isHeld: boolean) => {
    const counted = slots.filter(({ run }) => (run !== undefined) === isHeld);
    return Math.round(counted.reduce((sum, { tokens }) => sum + tokens, 0) * perToken);
  };
  return {
    device,
    weights_bytes: weights,
    kv_bytes: cache,
    kv_held_bytes: bytes(true),
    kv_idle_bytes: bytes(false),
    compute_bytes: compute,
    other_bytes: other,
  };
}

function deviceOf({ device, totalBytes, freeBytes }: LiveDevice): EngineDevice {
  const free = Math.floor(freeBytes / FREE_STEP_BYTES) * FREE_STEP_BYTES;
  return { device, total_bytes: totalBytes, free_bytes: free };
}

/** What is looked up when the metrics are read, not counted before. */

export interface LiveModel {
  readonly name: string;
  readonly state: 'loading' | 'ready' | 'stopping';
  /** Tokens per slot. */
  readonly contextLength: number;
  readonly slots: number;
  readonly activeRequests: number;
  readonly predictedBytes: number;
}

export interface LiveWait {
  /** Name of the model. */
  readonly name: string;
  readonly priority: number;
  readonly waitedMs: number;
  readonly reason: 'memory' | 'load' | 'slot';
}

export interface DeviceMemory {
  /** "system", or ggml's name of a GPU. */
  readonly device: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export interface KvEventCounts {
  readonly batches: number;
  /** Messages that readers were too slow for. */
  readonly skipped: number;
  /** Reports of engines that came faster than they were published. */
  readonly lost: number;
  readonly blocks: number;
}

/** A server that answers for models. */
interface LiveUpstream {
  readonly name: string;
  readonly state: 'closed' | 'open' | 'trying';
  readonly active: number;
  /** Requests that ended, by how. */
  readonly results: Readonly<Record<string, number>>;
}

/** Where the live figures come from. */
export interface LiveSource {
  /** The models that are loaded or being loaded; more than one may have the same name for a while. */
  models(): readonly LiveModel[];
  waiting(): readonly LiveWait[];
  memory(): readonly DeviceMemory[];
  /** Bytes in the folder of saved conversations; undefined = not known yet. */
  diskBytes(): number | undefined;
  /** What was published about the KV caches; undefined = nothing is. */
  kvEvents?(): KvEventCounts | undefined;
  upstreams(): readonly LiveUpstream[];
}

/** A model at one moment, with all of its instances. */
export interface ModelState {
  readonly name: string;
  readonly isLoaded: boolean;
  readonly isReady: boolean;
  readonly running: number;
  readonly waiting: number;
  /** The part of `waiting` that waits for the model's load, not for a slot or memory. */
  readonly waitingForLoad: number;
  /** Number of tokens that all slots hold. */
  readonly capacity: number;
  readonly predictedBytes: number;
}

/** The live figures of one moment. */
export interface Moment {
  readonly models: readonly ModelState[];
  readonly waiting: readonly LiveWait[];
}

const noState = { isLoaded: false, isReady: false, running: 0, waiting: 0, waitingForLoad: 0, capacity: 0 };

/** Takes the live figures, with instances and waiting requests put together by the name of their model. */
export function momentOf(source: Pick<LiveSource, 'models' | 'waiting'>): Moment {
  const states = new Map<string, ModelState>();
  const waiting = source.waiting();
  const change = (name: string, changed: (before: ModelState) => Partial<ModelState>) => {
    const before = states.get(name) ?? { ...noState, name, predictedBytes: 0 };
    states.set(name, { ...before, ...changed(before) });
  };
  for (const model of source.models()) {
    change(model.name, (before) => ({
      isLoaded: true,
      isReady: before.isReady || model.state === 'ready',
      running: before.running + model.activeRequests,
      capacity: before.capacity + model.slots * model.contextLength,
      predictedBytes: before.predictedBytes + model.predictedBytes,
    }));
  }
  for (const { name, reason } of waiting) {
    change(name, (before) => ({
      waiting: before.waiting + 1,
      waitingForLoad: before.waitingForLoad + (reason === 'load' ? 1 : 0),
    }));
  }
  return { models: [...states.values()], waiting };
}

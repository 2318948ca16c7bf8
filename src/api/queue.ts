/** A waiting request; the next to run comes first. */
export interface QueuedRequest {
  /** Counts from 1. */
  position: number;
  model: string;
  /** From X-Priority; higher values go first. */
  priority: number;
  /** Time in the queue, in nanoseconds. */
  waited: number;
  /** `memory`: other models must be unloaded first; `load`: the model is being loaded; `slot`: the model is busy. */
  waits_for: 'memory' | 'load' | 'slot';
}

/** A model that is being loaded. */
interface LoadingModel {
  model: string;
  /** Loaded fraction of the weights, 0 to 1. */
  fraction: number;
}

/** GET /api/queue (not in Ollama's API) */
export interface QueueResponse {
  /** Number of running requests. */
  active: number;
  /** Maximum number of queued requests. */
  limit: number;
  queue: QueuedRequest[];
  loading: LoadingModel[];
}

/** Who waits for what, the next one first. */
export interface QueuedRequest {
  /** From 1. */
  position: number;
  model: string;
  /** From X-Priority; higher goes first. */
  priority: number;
  /** Nanoseconds. */
  waited: number;
  /** `memory`: others must be unloaded first; `load`: the model is being loaded; `slot`: it is busy. */
  waits_for: 'memory' | 'load' | 'slot';
}

/** A model on its way into memory. */
interface LoadingModel {
  model: string;
  /** Of its weights; 0 to 1. */
  fraction: number;
}

/** GET /api/queue (not in Ollama's API) */
export interface QueueResponse {
  /** Requests being computed. */
  active: number;
  /** Most requests that may wait. */
  limit: number;
  queue: QueuedRequest[];
  loading: LoadingModel[];
}

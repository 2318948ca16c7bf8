import { z } from 'zod';
import { loadFields } from './load-fields.ts';
import { requestObject } from './request-object.ts';

/** POST /api/load (not in Ollama's API, where an empty generate request loads a model without reporting progress) */
export const loadRequestSchema = requestObject({
  ...loadFields,
  /** Default true. */
  stream: z.boolean().exactOptional(),
});

export type LoadRequest = z.infer<typeof loadRequestSchema>;

export interface LoadProgress {
  status: 'waiting' | 'loading' | 'success';
  model: string;
  /** Loaded fraction of the weights, 0 to 1. */
  fraction?: number;
  /** On the last line: nanoseconds since the request arrived. */
  total_duration?: number;
}

/** POST /api/unload */
export const unloadRequestSchema = requestObject({
  model: z.string().exactOptional(),
  /** Default true. */
  stream: z.boolean().exactOptional(),
});

export type UnloadRequest = z.infer<typeof unloadRequestSchema>;

export interface UnloadProgress {
  /** `waiting`: its last requests are still running; `unloading`: its process is exiting. */
  status: 'waiting' | 'unloading' | 'success';
  model: string;
}

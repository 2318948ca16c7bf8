import { z } from 'zod';
import { loadFields } from './load-fields.ts';
import { requestObject } from './request-object.ts';

/** POST /api/load (not in Ollama's API, where an empty generate request does this without progress) */
export const loadRequestSchema = requestObject({
  ...loadFields,
  /** Default true. */
  stream: z.boolean().exactOptional(),
});

export type LoadRequest = z.infer<typeof loadRequestSchema>;

export interface LoadProgress {
  status: 'waiting' | 'loading' | 'success';
  model: string;
  /** Of the weights; 0 to 1. */
  fraction?: number;
  /** On the last line: nanoseconds from the request on. */
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
  /** `waiting`: for its last requests; `unloading`: for its process to end. */
  status: 'waiting' | 'unloading' | 'success';
  model: string;
}

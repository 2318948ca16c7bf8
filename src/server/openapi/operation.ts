import type { z } from 'zod';

export interface Operation {
  readonly method: 'get' | 'head' | 'post' | 'delete';
  /** As the routes have it. */
  readonly path: string;
  readonly summary: string;
  readonly request?: z.core.$ZodType;
  /** Bytes instead of JSON. */
  readonly uploads?: true;
  /** Name of a response schema; absent = no JSON. */
  readonly response?: string;
  /** How the events of a stream come, where the request may ask for one. */
  readonly stream?: 'ndjson' | 'sse';
}

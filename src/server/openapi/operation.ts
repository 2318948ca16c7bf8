import type { z } from 'zod';
import type { Need } from '../../api/scopes.ts';

export interface Operation {
  readonly method: 'get' | 'head' | 'post' | 'delete';
  /** In the notation of the routes. */
  readonly path: string;
  readonly scope: Need;
  readonly summary: string;
  readonly request?: z.core.$ZodType;
  /** The request is a form (multipart/form-data) with a file beside its fields. */
  readonly form?: true;
  /** The request body is bytes instead of JSON. */
  readonly uploads?: true;
  /** Name of a response schema; absent when the reply is not JSON. */
  readonly response?: string;
  /** The format of the stream, when the request can ask for one; `events` = there is nothing else. */
  readonly stream?: 'ndjson' | 'sse' | 'events';
}

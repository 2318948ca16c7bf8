import { z } from 'zod';
import { requestObject } from './request-object.ts';
import type { Scope } from './scopes.ts';

/** POST /api/session (not in Ollama's API) */
export const sessionRequestSchema = requestObject({ key: z.string() });

/** The session of a web page. */
export interface SessionResponse {
  /** To be sent as `X-CSRF-Token` with every request that changes something. */
  csrf_token: string;
  /** RFC 3339. */
  expires_at: string;
  /** The key that the session stands for. */
  key: { id: string; name: string; scopes: Scope[] };
}

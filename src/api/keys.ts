/** The routes under /api/keys (not in Ollama's API), and the fields of a key wherever it is written. */
import { z } from 'zod';
import { MAX_PRIORITY, parsePriority, priorityRange } from './priority.ts';
import { requestObject } from './request-object.ts';
import { type Scope, scopes } from './scopes.ts';

/** Enough for every model of a large server, and few enough that each request compares them all. */
const MAX_PATTERNS = 100;
/** A full model name has at most 506 characters. */
const MAX_PATTERN_LENGTH = 512;
/** Far beyond what one machine does in a day. */
const MAX_LIMIT = 1_000_000_000;

/**
 * Names appear in tables, logs and labels of metrics. "key_" begins IDs, from which names must differ, and "ok-" begins keys,
 * which somebody may paste here by mistake.
 */
const namePattern = /^(?!key_|ok-)[\p{L}\p{N}][\p{L}\p{N}._@ -]{0,63}$/u;

export const keyNameSchema = z
  .string()
  .regex(
    namePattern,
    'must be 1 to 64 letters, digits, dots, dashes, underscores or spaces, not "key_…" or "ok-…"',
  )
  .regex(/\S$/, 'must not end with a space')
  .meta({ description: 'Name of the key, which logs, tables and metrics show' });

const scopeNames = [...scopes] as [Scope, ...Scope[]];
const limit = z.int().min(1).max(MAX_LIMIT).exactOptional();

const priorityField = z.union(
  [
    z.int().min(-MAX_PRIORITY).max(MAX_PRIORITY),
    z.string().transform((text, context) => {
      const value = parsePriority(text);
      if (value !== undefined) return value;
      context.issues.push({ code: 'custom', input: text, message: `priority must be ${priorityRange}` });
      return z.NEVER;
    }),
  ],
  { error: `must be ${priorityRange}` },
);

/** What a key may do, as requests and the config file write it. */
export const keyFields = {
  scopes: z
    .array(z.enum(scopeNames, { error: `must be one of ${scopes.join(', ')}` }), {
      error: 'must be a list of scopes',
    })
    .min(1)
    .max(scopes.length)
    .exactOptional(),
  models: z
    .array(z.string().min(1).max(MAX_PATTERN_LENGTH).regex(/^\S+$/, 'must not contain spaces'), {
      error: 'must be a list of patterns such as "qwen*"',
    })
    .max(MAX_PATTERNS)
    .exactOptional(),
  requests_per_minute: limit,
  requests_per_day: limit,
  tokens_per_minute: limit,
  tokens_per_day: limit,
  concurrent: limit,
  priority: priorityField.exactOptional(),
};

/** POST /api/keys */
export const createKeyRequestSchema = requestObject({
  name: keyNameSchema,
  ...keyFields,
  /** A time such as "2030-01-31", or a duration from now such as "30d". */
  expires: z.string().exactOptional(),
});

export type CreateKeyRequest = z.infer<typeof createKeyRequestSchema>;

/** POST /api/keys/:id/rotate */
export const rotateKeyRequestSchema = requestObject({
  /** How long the old key is still accepted, such as "1h"; absent = not at all. */
  grace: z.string().exactOptional(),
});

/** A key as it is shown. The key itself is shown only when it is created or rotated. */
export interface KeyInfo {
  id: string;
  name: string;
  scopes: Scope[];
  /** Patterns of model names; empty = every model. */
  models: string[];
  requests_per_minute?: number;
  requests_per_day?: number;
  tokens_per_minute?: number;
  tokens_per_day?: number;
  concurrent?: number;
  /** Upper bound of X-Priority. */
  priority: number;
  /** RFC 3339. */
  created_at?: string;
  /** RFC 3339; absent = never. */
  expires_at?: string;
  /** Until when the key before the last rotation is accepted. */
  previous_expires_at?: string;
  /** Keys of the config file are changed there. */
  source: 'key file' | 'config file';
}

/** GET /api/keys */
export interface KeysResponse {
  keys: KeyInfo[];
}

/** The reply that shows a new key, once. */
export interface NewKeyResponse extends KeyInfo {
  key: string;
}

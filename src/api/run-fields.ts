import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';
import { cacheSaltSchema } from './cache-salt.ts';
import { keepAliveSchema } from './keep-alive.ts';
import { optionsSchema } from './options/options.ts';
import { thinkSchema } from './think.ts';

/** Maximum number of alternatives per token. */
const MAX_TOP_LOGPROBS = 20;

/** `"json"`, or a JSON Schema object; `""` means no constraint. */
type Format = string | JsonObject;

const formatSchema = z
  .custom<Format>()
  .superRefine((value: unknown, context) => {
    if (value === '' || value === 'json' || isJsonObject(value)) return;
    const message = `invalid format: ${JSON.stringify(value)}; expected "json" or a valid JSON Schema object`;
    context.addIssue({ code: 'custom', message });
  })
  .meta({
    anyOf: [{ enum: ['', 'json'] }, { type: 'object' }],
    description: '`"json"` or a JSON schema that the answer must match',
  });

const topLogprobsSchema = z.int().refine((count) => count >= 0 && count <= MAX_TOP_LOGPROBS, {
  error: `top_logprobs must be between 0 and ${MAX_TOP_LOGPROBS}`,
});

/** Fields that generate and chat requests share. */
export const runFields = {
  model: z.string().exactOptional(),
  /** Default true. */
  stream: z.boolean().exactOptional(),
  format: formatSchema.exactOptional(),
  keep_alive: keepAliveSchema.exactOptional(),
  options: optionsSchema.exactOptional(),
  think: thinkSchema.exactOptional(),
  /** An extension: maximum number of thinking tokens, after which the answer begins. */
  think_budget: z.int().nonnegative().exactOptional(),
  /** Default true: a prompt longer than the context length is shortened and reported. False: it is refused. */
  truncate: z.boolean().exactOptional(),
  /** Default true: the oldest tokens are dropped when the context is full. False: the run ends with `length`. */
  shift: z.boolean().exactOptional(),
  logprobs: z.boolean().exactOptional(),
  top_logprobs: topLogprobsSchema.exactOptional(),
  /** An extension; default false: metrics have only the fields of Ollama's API. */
  verbose_metrics: z.boolean().exactOptional(),
  /** An extension, as in llama-server; default false. Streams begin with chunks that report the progress of the prompt. */
  return_progress: z.boolean().exactOptional(),
  /** An extension, as in vLLM: what is computed for one salt is never used for another. */
  cache_salt: cacheSaltSchema.exactOptional(),
  _debug_render_only: z.boolean().exactOptional(),
};

import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';
import { keepAliveSchema } from './keep-alive.ts';
import { optionsSchema } from './options/options.ts';
import { thinkSchema } from './think.ts';

/** Alternatives that may be asked for per token. */
const MAX_TOP_LOGPROBS = 20;

/** `"json"`, or a JSON Schema object; `""` = no constraint. */
type Format = string | JsonObject;

const formatSchema = z
  .custom<Format>()
  .superRefine((value: unknown, context) => {
    if (value === '' || value === 'json' || isJsonObject(value)) return;
    const message = `invalid format: ${JSON.stringify(value)}; expected "json" or a valid JSON Schema object`;
    context.addIssue({ code: 'custom', message });
  })
  .meta({ anyOf: [{ enum: ['', 'json'] }, { type: 'object' }], description: '"json", or a JSON schema' });

const topLogprobsSchema = z.int().refine((count) => count >= 0 && count <= MAX_TOP_LOGPROBS, {
  error: `top_logprobs must be between 0 and ${MAX_TOP_LOGPROBS}`,
});

/** What generate and chat requests have in common. */
export const runFields = {
  model: z.string().exactOptional(),
  /** Default true. */
  stream: z.boolean().exactOptional(),
  format: formatSchema.exactOptional(),
  keep_alive: keepAliveSchema.exactOptional(),
  options: optionsSchema.exactOptional(),
  think: thinkSchema.exactOptional(),
  /** Ours: most tokens of thinking, after which the answer begins. */
  think_budget: z.int().nonnegative().exactOptional(),
  /** Default true: a prompt over the context length is shortened and reported, false: refused. */
  truncate: z.boolean().exactOptional(),
  /** Default true: old tokens make room when the context fills up, false: the run ends with `length`. */
  shift: z.boolean().exactOptional(),
  logprobs: z.boolean().exactOptional(),
  top_logprobs: topLogprobsSchema.exactOptional(),
  _debug_render_only: z.boolean().exactOptional(),
};

import { z } from 'zod';
import type { EmbedResponse } from '../../api/embed.ts';
import { keepAliveSchema } from '../../api/keep-alive.ts';
import { optionsSchema } from '../../api/options/options.ts';
import { requestObject } from '../../api/request-object.ts';
import { textsOrTokens } from './texts-or-tokens.ts';

/** OpenAI accepts 2048. */
const MAX_INPUTS = 100_000;
const inputSchema = textsOrTokens(
  MAX_INPUTS,
  'invalid input: must be a string, a list of strings, a list of tokens or a list of token lists',
);

const encodings = ['float', 'base64'] as const;

const encodingSchema = z.string().transform((name, context) => {
  const known = encodings.find((encoding) => encoding === name);
  if (known) return known;
  const message = `Invalid value for 'encoding_format' = ${name}. Supported values: ['float', 'base64'].`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** POST /v1/embeddings (https://platform.openai.com/docs/api-reference/embeddings/create) */
export const embeddingsV1Schema = requestObject({
  model: z.string().exactOptional(),
  input: inputSchema,
  encoding_format: encodingSchema.exactOptional(),
  dimensions: z.int().min(1).exactOptional(),
  options: optionsSchema.exactOptional(),
  keep_alive: keepAliveSchema.exactOptional(),
});

type Encoding = (typeof encodings)[number];

/** The reply, whose `data` may be long. */
export function embeddingList(reply: EmbedResponse, encoding: Encoding) {
  const tokens = reply.prompt_eval_count ?? 0;
  return {
    object: 'list',
    data: reply.embeddings.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encoding === 'base64' ? base64(vector) : vector,
    })),
    model: reply.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** Encodes numbers as little-endian 32-bit floats. */
function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}

import { z } from 'zod';
import type { Message } from '../../api/common.ts';
import type { EmbedResponse } from '../../api/embed.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { keepAliveSchema } from '../../api/keep-alive.ts';
import { optionsSchema } from '../../api/options/options.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import { messagesSchema, nativeMessages } from './messages.ts';
import { textsOrTokens } from './texts-or-tokens.ts';

/** OpenAI accepts 2048. */
const MAX_INPUTS = 100_000;
const INVALID_INPUT =
  'invalid input: must be a string, a list of strings, a list of tokens or a list of token lists';
const inputSchema = textsOrTokens(MAX_INPUTS, INVALID_INPUT);

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
  input: inputSchema.optional(),
  /** One conversation in the place of the inputs, as in vLLM: the way to embed pictures. */
  messages: messagesSchema.exactOptional(),
  encoding_format: encodingSchema.exactOptional(),
  dimensions: z.int().min(1).exactOptional(),
  options: optionsSchema.exactOptional(),
  keep_alive: keepAliveSchema.exactOptional(),
});

type Encoding = (typeof encodings)[number];

/**
 * What a request asks to embed.
 * @param ignored gets the parts that are left out
 * @throws OllamaError `invalid-request` for both or neither, and for a part of a conversation that no model can be given
 */
export function embeddedSubject(
  { input, messages }: Pick<z.infer<typeof embeddingsV1Schema>, 'input' | 'messages'>,
  ignored: IgnoredParts,
): { readonly input: readonly (string | number[])[] } | { readonly messages: Message[] } {
  if (messages?.length) {
    if (input !== undefined) throw refuse('send either "input" or "messages"');
    return { messages: nativeMessages(messages, ignored) };
  }
  if (input === undefined) throw refuse(INVALID_INPUT);
  return { input };
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}

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

import { rerankRequestSchema } from '../../api/rerank.ts';
import { countTokensSchema, messagesRequestSchema } from '../../compat/anthropic/request.ts';
import { chatCompletionSchema } from '../../compat/openai/chat-request.ts';
import { embeddingsV1Schema } from '../../compat/openai/embeddings.ts';
import { responsesSchema } from '../../compat/openai/responses/request.ts';
import { completionSchema } from '../../compat/openai/text-completion-request.ts';
import type { Operation } from './operation.ts';

/** Replies are those of OpenAI's and Anthropic's own references. */
const foreign = { response: 'ForeignObject' } as const;
const streamed = { ...foreign, stream: 'sse' } as const;

export const v1Operations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    summary: 'Answers a conversation (OpenAI)',
    request: chatCompletionSchema,
    ...streamed,
  },
  {
    method: 'post',
    path: '/v1/completions',
    summary: 'Completes a prompt (OpenAI)',
    request: completionSchema,
    ...streamed,
  },
  {
    method: 'post',
    path: '/v1/embeddings',
    summary: 'Vectors of texts (OpenAI)',
    request: embeddingsV1Schema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/rerank',
    summary: 'Orders documents by how well they answer a query (as Jina and Cohere)',
    request: rerankRequestSchema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/responses',
    summary: 'Answers, with state between requests (OpenAI)',
    request: responsesSchema,
    ...streamed,
  },
  { method: 'get', path: '/v1/responses/:id', summary: 'A stored response (OpenAI)', ...foreign },
  { method: 'delete', path: '/v1/responses/:id', summary: 'Forgets a stored response (OpenAI)', ...foreign },
  {
    method: 'post',
    path: '/v1/messages',
    summary: 'Answers a conversation (Anthropic)',
    request: messagesRequestSchema,
    ...streamed,
  },
  {
    method: 'post',
    path: '/v1/messages/count_tokens',
    summary: 'Tokens of a conversation (Anthropic)',
    request: countTokensSchema,
    ...foreign,
  },
  { method: 'get', path: '/v1/models', summary: 'Lists the models (OpenAI)', ...foreign },
  { method: 'get', path: '/v1/models/:model{.+}', summary: 'One model (OpenAI)', ...foreign },
];

import { createBatchSchema, uploadFileSchema } from '../../api/batches.ts';
import { rerankRequestSchema } from '../../api/rerank.ts';
import { countTokensSchema, messagesRequestSchema } from '../../compat/anthropic/request.ts';
import { chatCompletionSchema } from '../../compat/openai/chat-request.ts';
import { embeddingsV1Schema } from '../../compat/openai/embeddings.ts';
import { responsesSchema } from '../../compat/openai/responses/request.ts';
import { completionSchema } from '../../compat/openai/text-completion-request.ts';
import { transcriptionSchema } from '../../compat/openai/transcription.ts';
import type { Operation } from './operation.ts';

/** The replies are documented in the references of OpenAI and Anthropic. */
const foreign = { response: 'ForeignObject' } as const;
const streamed = { ...foreign, stream: 'sse' } as const;

export const v1Operations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    scope: 'generate',
    summary: 'Answer a conversation (OpenAI)',
    request: chatCompletionSchema,
    ...streamed,
  },
  {
    method: 'post',
    path: '/v1/completions',
    scope: 'generate',
    summary: 'Complete a prompt (OpenAI)',
    request: completionSchema,
    ...streamed,
  },
  {
    method: 'post',
    path: '/v1/embeddings',
    scope: 'generate',
    summary: 'Embed texts (OpenAI)',
    request: embeddingsV1Schema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/audio/transcriptions',
    scope: 'generate',
    summary: 'Write down a recording (OpenAI)',
    request: transcriptionSchema,
    form: true,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/audio/translations',
    scope: 'generate',
    summary: 'Write down a recording in English (OpenAI)',
    request: transcriptionSchema,
    form: true,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/rerank',
    scope: 'generate',
    summary: 'Rank documents by how well they answer a query (Jina and Cohere)',
    request: rerankRequestSchema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/responses',
    scope: 'generate',
    summary: 'Answer with state between requests (OpenAI)',
    request: responsesSchema,
    ...streamed,
  },
  {
    method: 'get',
    path: '/v1/responses/:id',
    scope: 'generate',
    summary: 'Return a stored response (OpenAI)',
    ...foreign,
  },
  {
    method: 'delete',
    path: '/v1/responses/:id',
    scope: 'generate',
    summary: 'Delete a stored response (OpenAI)',
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/messages',
    scope: 'generate',
    summary: 'Answer a conversation (Anthropic)',
    request: messagesRequestSchema,
    ...streamed,
  },
  {
    method: 'post',
    path: '/v1/messages/count_tokens',
    scope: 'generate',
    summary: 'Count the tokens of a conversation (Anthropic)',
    request: countTokensSchema,
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/files',
    scope: 'generate',
    summary: 'Upload a file of requests (OpenAI)',
    request: uploadFileSchema,
    form: true,
    ...foreign,
  },
  {
    method: 'get',
    path: '/v1/files',
    scope: 'generate',
    summary: 'List the files of the key (OpenAI)',
    ...foreign,
  },
  {
    method: 'get',
    path: '/v1/files/:id',
    scope: 'generate',
    summary: 'Return what is known of a file (OpenAI)',
    ...foreign,
  },
  {
    method: 'delete',
    path: '/v1/files/:id',
    scope: 'generate',
    summary: 'Delete a file (OpenAI)',
    ...foreign,
  },
  {
    method: 'get',
    path: '/v1/files/:id/content',
    scope: 'generate',
    summary: 'Return the content of a file (OpenAI)',
  },
  {
    method: 'post',
    path: '/v1/batches',
    scope: 'generate',
    summary: 'Answer the requests of a file while nobody waits (OpenAI)',
    request: createBatchSchema,
    ...foreign,
  },
  {
    method: 'get',
    path: '/v1/batches',
    scope: 'generate',
    summary: 'List the batches of the key (OpenAI)',
    ...foreign,
  },
  {
    method: 'get',
    path: '/v1/batches/:id',
    scope: 'generate',
    summary: 'Return a batch and how far it is (OpenAI)',
    ...foreign,
  },
  {
    method: 'post',
    path: '/v1/batches/:id/cancel',
    scope: 'generate',
    summary: 'Cancel a batch (OpenAI)',
    ...foreign,
  },
  {
    method: 'get',
    path: '/v1/models',
    scope: 'read',
    summary: 'List the models (OpenAI and Anthropic)',
    ...foreign,
  },
  {
    method: 'get',
    path: '/v1/models/:model{.+}',
    scope: 'read',
    summary: 'Return one model (OpenAI and Anthropic)',
    ...foreign,
  },
];

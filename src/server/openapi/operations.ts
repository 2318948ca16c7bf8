import { chatRequestSchema } from '../../api/chat.ts';
import { copyRequestSchema } from '../../api/copy.ts';
import { createRequestSchema } from '../../api/create.ts';
import { deleteRequestSchema } from '../../api/delete.ts';
import { embedRequestSchema } from '../../api/embed.ts';
import { embeddingsRequestSchema } from '../../api/embeddings.ts';
import { estimateRequestSchema } from '../../api/estimate.ts';
import { generateRequestSchema } from '../../api/generate.ts';
import { linkRequestSchema } from '../../api/link.ts';
import { loadRequestSchema, unloadRequestSchema } from '../../api/load.ts';
import { pullRequestSchema } from '../../api/pull.ts';
import { pushRequestSchema } from '../../api/push.ts';
import { rerankRequestSchema } from '../../api/rerank.ts';
import { showRequestSchema } from '../../api/show.ts';
import { detokenizeRequestSchema, tokenizeRequestSchema } from '../../api/tokenize.ts';
import { verifyRequestSchema } from '../../api/verify.ts';
import type { Operation } from './operation.ts';
import { v1Operations } from './v1-operations.ts';

const generating = { stream: 'ndjson' } as const;

/** Every method of every route. */
export const operations: readonly Operation[] = [
  { method: 'get', path: '/', summary: 'Report that the server is running' },
  { method: 'head', path: '/', summary: 'Report that the server is running' },
  {
    method: 'get',
    path: '/api/version',
    summary: 'Return the version of the server',
    response: 'VersionResponse',
  },
  { method: 'head', path: '/api/version', summary: 'Return the version of the server' },
  {
    method: 'get',
    path: '/health',
    summary: 'Check the health of the server; `?model=NAME` also runs that model, `?live` skips all checks',
    response: 'HealthResponse',
  },
  { method: 'head', path: '/health', summary: 'Check the health of the server and return only the status' },
  { method: 'get', path: '/v2/', summary: 'Report whether this server acts as a registry' },
  { method: 'head', path: '/v2/', summary: 'Report whether this server acts as a registry' },
  {
    method: 'get',
    path: '/v2/:namespace/:model/manifests/:tag',
    summary: 'Return a manifest to another machine',
  },
  {
    method: 'head',
    path: '/v2/:namespace/:model/manifests/:tag',
    summary: 'Return a manifest to another machine',
  },
  {
    method: 'get',
    path: '/v2/:namespace/:model/blobs/:digest',
    summary: 'Return a blob, or a byte range of it, to another machine',
  },
  {
    method: 'head',
    path: '/v2/:namespace/:model/blobs/:digest',
    summary: 'Return a blob, or a byte range of it, to another machine',
  },
  { method: 'get', path: '/openapi.json', summary: 'Return this description' },
  {
    method: 'post',
    path: '/api/generate',
    summary: 'Complete a prompt; without a prompt, load or unload the model',
    request: generateRequestSchema,
    response: 'GenerateResponse',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/chat',
    summary: 'Answer a conversation; without messages, load or unload the model',
    request: chatRequestSchema,
    response: 'ChatResponse',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/apply-template',
    summary: 'Return the prompt of a chat request instead of an answer',
    request: chatRequestSchema,
    response: 'ApplyTemplateResponse',
  },
  {
    method: 'post',
    path: '/api/embed',
    summary: 'Embed texts',
    request: embedRequestSchema,
    response: 'EmbedResponse',
  },
  {
    method: 'post',
    path: '/api/embeddings',
    summary: 'Embed one text (predecessor of `/api/embed`)',
    request: embeddingsRequestSchema,
    response: 'EmbeddingsResponse',
  },
  {
    method: 'post',
    path: '/api/rerank',
    summary: 'Rank documents by how well they answer a query',
    request: rerankRequestSchema,
    response: 'RerankResponse',
  },
  {
    method: 'post',
    path: '/api/tokenize',
    summary: 'Convert text to token IDs',
    request: tokenizeRequestSchema,
    response: 'TokenizeResponse',
  },
  {
    method: 'post',
    path: '/api/detokenize',
    summary: 'Convert token IDs to text',
    request: detokenizeRequestSchema,
    response: 'DetokenizeResponse',
  },
  { method: 'get', path: '/api/tags', summary: 'List the stored models', response: 'TagsResponse' },
  { method: 'head', path: '/api/tags', summary: 'List the stored models' },
  { method: 'get', path: '/api/ps', summary: 'List the loaded models', response: 'PsResponse' },
  {
    method: 'get',
    path: '/api/queue',
    summary: 'List the waiting requests and what they wait for',
    response: 'QueueResponse',
  },
  {
    method: 'post',
    path: '/api/load',
    summary: 'Load a model ahead of its use',
    request: loadRequestSchema,
    response: 'LoadProgress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/unload',
    summary: 'Unload a model after its requests have finished',
    request: unloadRequestSchema,
    response: 'UnloadProgress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/estimate',
    summary: 'Estimate the memory that a model needs, without loading it',
    request: estimateRequestSchema,
    response: 'EstimateResponse',
  },
  {
    method: 'post',
    path: '/api/show',
    summary: 'Show the details of a model',
    request: showRequestSchema,
    response: 'ShowResponse',
  },
  {
    method: 'post',
    path: '/api/create',
    summary: 'Create a model',
    request: createRequestSchema,
    response: 'Progress',
    ...generating,
  },
  { method: 'post', path: '/api/copy', summary: 'Copy a model', request: copyRequestSchema },
  { method: 'delete', path: '/api/delete', summary: 'Delete a model', request: deleteRequestSchema },
  {
    method: 'post',
    path: '/api/pull',
    summary: 'Pull a model from a registry',
    request: pullRequestSchema,
    response: 'Progress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/verify',
    summary: 'Hash the files of one model or of all models, and report damaged files',
    request: verifyRequestSchema,
    response: 'VerifyProgress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/link',
    summary: "Turn a link to a file into a blob, in two requests; only from the server's machine",
    request: linkRequestSchema,
    response: 'LinkResponse',
  },
  {
    method: 'post',
    path: '/api/push',
    summary: 'Push a model to its registry',
    request: pushRequestSchema,
    response: 'Progress',
    ...generating,
  },
  { method: 'head', path: '/api/blobs/:digest', summary: 'Report whether a blob exists' },
  { method: 'post', path: '/api/blobs/:digest', summary: 'Upload a blob', uploads: true },
  ...v1Operations,
];

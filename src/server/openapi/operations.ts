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

/** Every route and method. */
export const operations: readonly Operation[] = [
  { method: 'get', path: '/', summary: 'Says that the server runs' },
  { method: 'head', path: '/', summary: 'Says that the server runs' },
  { method: 'get', path: '/api/version', summary: 'Version of the server', response: 'VersionResponse' },
  { method: 'head', path: '/api/version', summary: 'Version of the server' },
  {
    method: 'get',
    path: '/health',
    summary: 'Whether the server can do its work; ?model=NAME asks that model, too, ?live nothing',
    response: 'HealthResponse',
  },
  { method: 'head', path: '/health', summary: 'The same, by the status alone' },
  { method: 'get', path: '/v2/', summary: 'Whether this server is a registry' },
  { method: 'head', path: '/v2/', summary: 'Whether this server is a registry' },
  { method: 'get', path: '/v2/:namespace/:model/manifests/:tag', summary: 'A manifest, for other machines' },
  { method: 'head', path: '/v2/:namespace/:model/manifests/:tag', summary: 'A manifest, for other machines' },
  {
    method: 'get',
    path: '/v2/:namespace/:model/blobs/:digest',
    summary: 'A blob, for other machines; byte ranges too',
  },
  {
    method: 'head',
    path: '/v2/:namespace/:model/blobs/:digest',
    summary: 'A blob, for other machines; byte ranges too',
  },
  { method: 'get', path: '/openapi.json', summary: 'This description' },
  {
    method: 'post',
    path: '/api/generate',
    summary: 'Completes a prompt; without one, loads or unloads the model',
    request: generateRequestSchema,
    response: 'GenerateResponse',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/chat',
    summary: 'Answers a conversation; without messages, loads or unloads the model',
    request: chatRequestSchema,
    response: 'ChatResponse',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/apply-template',
    summary: 'The prompt of a chat request, without an answer',
    request: chatRequestSchema,
    response: 'ApplyTemplateResponse',
  },
  {
    method: 'post',
    path: '/api/embed',
    summary: 'Vectors of texts',
    request: embedRequestSchema,
    response: 'EmbedResponse',
  },
  {
    method: 'post',
    path: '/api/embeddings',
    summary: 'Vector of one text, the older form',
    request: embeddingsRequestSchema,
    response: 'EmbeddingsResponse',
  },
  {
    method: 'post',
    path: '/api/rerank',
    summary: 'Orders documents by how well they answer a query',
    request: rerankRequestSchema,
    response: 'RerankResponse',
  },
  {
    method: 'post',
    path: '/api/tokenize',
    summary: 'Text to token ids',
    request: tokenizeRequestSchema,
    response: 'TokenizeResponse',
  },
  {
    method: 'post',
    path: '/api/detokenize',
    summary: 'Token ids to text',
    request: detokenizeRequestSchema,
    response: 'DetokenizeResponse',
  },
  { method: 'get', path: '/api/tags', summary: 'Models in the store', response: 'TagsResponse' },
  { method: 'head', path: '/api/tags', summary: 'Models in the store' },
  { method: 'get', path: '/api/ps', summary: 'Models in memory', response: 'PsResponse' },
  {
    method: 'get',
    path: '/api/queue',
    summary: 'Requests that wait, and for what',
    response: 'QueueResponse',
  },
  {
    method: 'post',
    path: '/api/load',
    summary: 'Loads a model ahead of its use',
    request: loadRequestSchema,
    response: 'LoadProgress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/unload',
    summary: 'Unloads a model once its requests have ended',
    request: unloadRequestSchema,
    response: 'UnloadProgress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/estimate',
    summary: 'What memory a model would take, without loading it',
    request: estimateRequestSchema,
    response: 'EstimateResponse',
  },
  {
    method: 'post',
    path: '/api/show',
    summary: 'All about a model',
    request: showRequestSchema,
    response: 'ShowResponse',
  },
  {
    method: 'post',
    path: '/api/create',
    summary: 'Makes a model',
    request: createRequestSchema,
    response: 'Progress',
    ...generating,
  },
  { method: 'post', path: '/api/copy', summary: 'Copies a model', request: copyRequestSchema },
  { method: 'delete', path: '/api/delete', summary: 'Deletes a model', request: deleteRequestSchema },
  {
    method: 'post',
    path: '/api/pull',
    summary: 'Gets a model from a registry',
    request: pullRequestSchema,
    response: 'Progress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/verify',
    summary: 'Hashes the files of a model, or of all, and tells what is broken',
    request: verifyRequestSchema,
    response: 'VerifyProgress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/link',
    summary: 'A place for a link to a file, and the link there a blob; only on this machine',
    request: linkRequestSchema,
    response: 'LinkResponse',
  },
  {
    method: 'post',
    path: '/api/push',
    summary: 'Sends a model to its registry',
    request: pushRequestSchema,
    response: 'Progress',
    ...generating,
  },
  { method: 'head', path: '/api/blobs/:digest', summary: 'Whether a blob is there' },
  { method: 'post', path: '/api/blobs/:digest', summary: 'Uploads a blob', uploads: true },
  ...v1Operations,
];

import { chatRequestSchema } from '../../api/chat.ts';
import { copyRequestSchema } from '../../api/copy.ts';
import { createRequestSchema } from '../../api/create.ts';
import { deleteRequestSchema } from '../../api/delete.ts';
import { embedRequestSchema } from '../../api/embed.ts';
import { embeddingsRequestSchema } from '../../api/embeddings.ts';
import { estimateRequestSchema, remoteEstimateRequestSchema } from '../../api/estimate.ts';
import { generateRequestSchema } from '../../api/generate.ts';
import { linkRequestSchema } from '../../api/link.ts';
import { loadRequestSchema, unloadRequestSchema } from '../../api/load.ts';
import { pullRequestSchema } from '../../api/pull.ts';
import { pushRequestSchema } from '../../api/push.ts';
import { rerankRequestSchema } from '../../api/rerank.ts';
import { showRequestSchema } from '../../api/show.ts';
import { detokenizeRequestSchema, tokenizeRequestSchema } from '../../api/tokenize.ts';
import { typeSpeedsRequestSchema } from '../../api/type-speeds.ts';
import { verifyRequestSchema } from '../../api/verify.ts';
import { keyOperations } from './key-operations.ts';
import type { Operation } from './operation.ts';
import { pageOperations } from './page-operations.ts';
import { routerOperations } from './router-operations.ts';
import { v1Operations } from './v1-operations.ts';

const generating = { stream: 'ndjson' } as const;

/** Every method of every route. */
export const operations: readonly Operation[] = [
  { method: 'get', path: '/', scope: 'open', summary: 'Report that the server is running' },
  { method: 'head', path: '/', scope: 'open', summary: 'Report that the server is running' },
  { method: 'get', path: '/models', scope: 'open', summary: 'Show the web page' },
  { method: 'head', path: '/models', scope: 'open', summary: 'Show the web page' },
  { method: 'get', path: '/engine', scope: 'open', summary: 'Show the web page' },
  { method: 'head', path: '/engine', scope: 'open', summary: 'Show the web page' },
  { method: 'get', path: '/compare', scope: 'open', summary: 'Show the web page' },
  { method: 'head', path: '/compare', scope: 'open', summary: 'Show the web page' },
  { method: 'get', path: '/settings', scope: 'open', summary: 'Show the web page' },
  { method: 'head', path: '/settings', scope: 'open', summary: 'Show the web page' },
  { method: 'get', path: '/ui/:name', scope: 'open', summary: 'Show the web page' },
  { method: 'head', path: '/ui/:name', scope: 'open', summary: 'Show the web page' },
  {
    method: 'get',
    path: '/api/version',
    scope: 'open',
    summary: 'Return the version of the server',
    response: 'VersionResponse',
  },
  { method: 'head', path: '/api/version', scope: 'open', summary: 'Return the version of the server' },
  {
    method: 'get',
    path: '/health',
    scope: 'open',
    summary: 'Check the health of the server; `?model=NAME` also runs that model, `?live` skips all checks',
    response: 'HealthResponse',
  },
  {
    method: 'head',
    path: '/health',
    scope: 'open',
    summary: 'Check the health of the server and return only the status',
  },
  {
    method: 'get',
    path: '/metrics',
    scope: 'metrics',
    summary:
      'Return the metrics of the server in the text format of Prometheus, or in OpenMetrics if `Accept` names it',
  },
  { method: 'head', path: '/metrics', scope: 'metrics', summary: 'Report whether there are metrics' },
  { method: 'get', path: '/v2/', scope: 'pull', summary: 'Report whether this server acts as a registry' },
  { method: 'head', path: '/v2/', scope: 'pull', summary: 'Report whether this server acts as a registry' },
  {
    method: 'get',
    path: '/v2/:namespace/:model/manifests/:tag',
    scope: 'pull',
    summary: 'Return a manifest to another machine',
  },
  {
    method: 'head',
    path: '/v2/:namespace/:model/manifests/:tag',
    scope: 'pull',
    summary: 'Return a manifest to another machine',
  },
  {
    method: 'get',
    path: '/v2/:namespace/:model/blobs/:digest',
    scope: 'pull',
    summary: 'Return a blob, or a byte range of it, to another machine',
  },
  {
    method: 'head',
    path: '/v2/:namespace/:model/blobs/:digest',
    scope: 'pull',
    summary: 'Return a blob, or a byte range of it, to another machine',
  },
  { method: 'get', path: '/openapi.json', scope: 'read', summary: 'Return this description' },
  {
    method: 'post',
    path: '/api/generate',
    scope: 'generate',
    summary: 'Complete a prompt; without a prompt, load or unload the model',
    request: generateRequestSchema,
    response: 'GenerateResponse',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/chat',
    scope: 'generate',
    summary: 'Answer a conversation; without messages, load or unload the model',
    request: chatRequestSchema,
    response: 'ChatResponse',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/apply-template',
    scope: 'generate',
    summary: 'Return the prompt of a chat request instead of an answer',
    request: chatRequestSchema,
    response: 'ApplyTemplateResponse',
  },
  {
    method: 'post',
    path: '/api/embed',
    scope: 'generate',
    summary: 'Embed texts',
    request: embedRequestSchema,
    response: 'EmbedResponse',
  },
  {
    method: 'post',
    path: '/api/embeddings',
    scope: 'generate',
    summary: 'Embed one text (predecessor of `/api/embed`)',
    request: embeddingsRequestSchema,
    response: 'EmbeddingsResponse',
  },
  {
    method: 'post',
    path: '/api/rerank',
    scope: 'generate',
    summary: 'Rank documents by how well they answer a query',
    request: rerankRequestSchema,
    response: 'RerankResponse',
  },
  {
    method: 'post',
    path: '/api/tokenize',
    scope: 'generate',
    summary: 'Convert text to token IDs',
    request: tokenizeRequestSchema,
    response: 'TokenizeResponse',
  },
  {
    method: 'post',
    path: '/api/detokenize',
    scope: 'generate',
    summary: 'Convert token IDs to text',
    request: detokenizeRequestSchema,
    response: 'DetokenizeResponse',
  },
  {
    method: 'get',
    path: '/api/tags',
    scope: 'read',
    summary: 'List the stored models',
    response: 'TagsResponse',
  },
  { method: 'head', path: '/api/tags', scope: 'read', summary: 'List the stored models' },
  {
    method: 'get',
    path: '/api/ps',
    scope: 'read',
    summary: 'List the loaded models',
    response: 'PsResponse',
  },
  {
    method: 'get',
    path: '/api/queue',
    scope: 'read',
    summary: 'List the waiting requests and what they wait for',
    response: 'QueueResponse',
  },
  {
    method: 'get',
    path: '/api/engine/events',
    scope: 'metrics',
    summary:
      'Watch the engine: steps, slots, prompts, queue, memory and the last five minutes in figures; runs of other keys have no names, except for the scope `admin`',
    response: 'EngineEvent',
    stream: 'events',
  },
  {
    method: 'get',
    path: '/api/usage',
    scope: 'any',
    summary:
      'Return the numbers of requests and tokens, of its own key unless that has the scope `admin`; `?from` and `?to` are days in UTC, `?key` and `?model` choose, and `?by` lists some of day, key and model',
    response: 'UsageResponse',
  },
  {
    method: 'post',
    path: '/api/load',
    scope: 'load',
    summary: 'Load a model ahead of its use',
    request: loadRequestSchema,
    response: 'LoadProgress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/unload',
    scope: 'load',
    summary: 'Unload a model after its requests have finished',
    request: unloadRequestSchema,
    response: 'UnloadProgress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/estimate',
    scope: 'read',
    summary: 'Estimate the memory that a model needs, without loading it',
    request: estimateRequestSchema,
    response: 'EstimateResponse',
  },
  {
    method: 'post',
    path: '/api/estimate/remote',
    scope: 'pull',
    summary: 'Estimate the memory that a model of a registry needs, before it is pulled',
    request: remoteEstimateRequestSchema,
    response: 'RemoteEstimateResponse',
  },
  {
    method: 'post',
    path: '/api/type-speeds',
    scope: 'manage',
    summary: 'Keep measured speeds of types of weights, for `quantize: "auto"` and advice',
    request: typeSpeedsRequestSchema,
  },
  {
    method: 'post',
    path: '/api/show',
    scope: 'read',
    summary: 'Show the details of a model',
    request: showRequestSchema,
    response: 'ShowResponse',
  },
  {
    method: 'post',
    path: '/api/create',
    scope: 'manage',
    summary: 'Create a model',
    request: createRequestSchema,
    response: 'Progress',
    ...generating,
  },
  { method: 'post', path: '/api/copy', scope: 'manage', summary: 'Copy a model', request: copyRequestSchema },
  {
    method: 'delete',
    path: '/api/delete',
    scope: 'manage',
    summary: 'Delete a model',
    request: deleteRequestSchema,
  },
  {
    method: 'post',
    path: '/api/pull',
    scope: 'pull',
    summary: 'Pull a model from a registry',
    request: pullRequestSchema,
    response: 'Progress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/verify',
    scope: 'manage',
    summary: 'Hash the files of one model or of all models, and report damaged files',
    request: verifyRequestSchema,
    response: 'VerifyProgress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/link',
    scope: 'manage',
    summary: "Turn a link to a file into a blob, in two requests; only from the server's machine",
    request: linkRequestSchema,
    response: 'LinkResponse',
  },
  {
    method: 'post',
    path: '/api/push',
    scope: 'manage',
    summary: 'Push a model to its registry',
    request: pushRequestSchema,
    response: 'Progress',
    ...generating,
  },
  {
    method: 'post',
    path: '/api/blobs',
    scope: 'manage',
    summary: 'Upload a blob whose digest the client does not know; the reply names it',
    uploads: true,
    response: 'BlobResponse',
  },
  { method: 'head', path: '/api/blobs/:digest', scope: 'manage', summary: 'Report whether a blob exists' },
  { method: 'post', path: '/api/blobs/:digest', scope: 'manage', summary: 'Upload a blob', uploads: true },
  ...keyOperations,
  ...pageOperations,
  ...v1Operations,
  ...routerOperations,
];

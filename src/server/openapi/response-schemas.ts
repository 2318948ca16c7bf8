/** The schemas of replies; a test validates real replies against them. */
import { scopes } from '../../api/scopes.ts';
import { engineEventSchemas } from './engine-event-schemas.ts';
import { pageSchemas } from './page-schemas.ts';
import {
  count,
  flag,
  type JsonSchema,
  listOf,
  nanoseconds,
  number,
  object,
  reference,
  text,
  time,
} from './schema-parts.ts';

const metrics = {
  total_duration: nanoseconds,
  load_duration: nanoseconds,
  queue_duration: nanoseconds,
  prompt_eval_count: count,
  prompt_eval_cached: count,
  prompt_eval_cached_from: { enum: ['slot', 'memory', 'disk'] },
  prompt_eval_duration: nanoseconds,
  eval_count: count,
  eval_thinking_count: count,
  eval_drafted_count: count,
  eval_draft_taken_count: count,
  eval_duration: nanoseconds,
  eval_thinking_duration: nanoseconds,
};
const tokenLogprob = { token: text, logprob: number, bytes: listOf(count) };
const remote = { remote_model: text, remote_host: text };
const remoteNames = Object.keys(remote);
const chunk = {
  model: text,
  ...remote,
  created_at: time,
  done: flag,
  done_reason: { enum: ['stop', 'length', 'load', 'unload'] },
  prompt_truncated: flag,
  stop_sequence: text,
  logprobs: listOf(reference('Logprob')),
  prompt_progress: object({ total: count, cache: count, processed: count, time_ms: count }),
  queue_progress: object(
    {
      position: count,
      waits_for: { enum: ['memory', 'load', 'slot'] },
      load_fraction: { type: 'number', minimum: 0, maximum: 1 },
    },
    ['load_fraction'],
  ),
  _debug_info: object({ rendered_template: text, image_count: count }, ['image_count']),
  ...metrics,
};
const estimate = {
  model: text,
  num_ctx: count,
  slots: count,
  memory: object(
    {
      weights: count,
      kv_cache: count,
      compute: count,
      adapters: count,
      projector: count,
      draft: count,
      process: count,
      total: count,
    },
    ['projector', 'draft'],
  ),
  available: count,
  fits: flag,
  evicts: {
    ...listOf(text),
    description: 'Loaded models that would be unloaded for it; absent = there is no room for it even then',
  },
  speed: reference('SlowTypeNote'),
};
const optionalInEstimate = ['speed', 'evicts'];
const optionalInChunk = Object.keys(chunk).filter((name) => !['model', 'created_at', 'done'].includes(name));
const times = { total_duration: nanoseconds, load_duration: nanoseconds, prompt_eval_count: count };
const optionalTimes = Object.keys(times);
const model = { name: text, model: text, size: count, digest: text, details: reference('ModelDetails') };
const details = {
  parent_model: text,
  format: text,
  family: text,
  families: { anyOf: [listOf(text), { type: 'null' }] },
  parameter_size: text,
  quantization_level: text,
};
const capabilities = listOf({
  enum: ['completion', 'tools', 'insert', 'vision', 'embedding', 'thinking', 'audio', 'rerank'],
});

const keyInfo = {
  id: text,
  name: text,
  scopes: listOf({ enum: [...scopes] }),
  models: listOf(text),
  requests_per_minute: count,
  requests_per_day: count,
  tokens_per_minute: count,
  tokens_per_day: count,
  concurrent: count,
  priority: { type: 'integer' },
  created_at: { ...time, description: 'When the key was created' },
  expires_at: { ...time, description: 'When the key ends' },
  previous_expires_at: { ...time, description: 'Until when the key before the last rotation is accepted' },
  source: { enum: ['key file', 'config file'] },
};
const optionalInKey = Object.keys(keyInfo).filter((name) => /_per_|_at$|^concurrent$/.test(name));

const usageFigures = {
  requests: count,
  refusals: count,
  prompt_tokens: count,
  cached_tokens: count,
  thinking_tokens: count,
  output_tokens: count,
  seconds: number,
};

export const responseSchemas: Readonly<Record<string, JsonSchema>> = {
  ...pageSchemas,
  Error: object({ error: text }),
  ForeignObject: { type: 'object' },
  KeyInfo: object(keyInfo, optionalInKey),
  KeysResponse: object({ keys: listOf(reference('KeyInfo')) }),
  SessionResponse: object({
    csrf_token: { ...text, description: 'To be sent as `X-CSRF-Token` with requests that change something' },
    expires_at: { ...time, description: 'When the session ends, unless its key ends before' },
    key: object({ id: text, name: text, scopes: keyInfo.scopes }),
  }),
  NewKey: object({ key: text, ...keyInfo }, optionalInKey),
  Progress: object({ status: text, digest: text, total: count, completed: count }, [
    'digest',
    'total',
    'completed',
  ]),
  VerifyProgress: object(
    {
      status: text,
      digest: text,
      total: count,
      completed: count,
      checked: count,
      bytes: count,
      broken: listOf(
        object({
          digest: text,
          problem: { enum: ['missing', 'wrong size', 'wrong digest', 'link', 'unreadable'] },
          detail: text,
          models: listOf(text),
        }),
      ),
      broken_manifests: listOf(text),
    },
    ['digest', 'total', 'completed', 'checked', 'bytes', 'broken', 'broken_manifests'],
  ),
  LinkResponse: object({ token: text, path: text }),
  ToolCall: object(
    { id: text, function: object({ index: count, name: text, arguments: { type: 'object' } }, ['index']) },
    ['id'],
  ),
  Message: object(
    {
      role: text,
      content: text,
      thinking: text,
      images: listOf(text),
      tool_calls: listOf(reference('ToolCall')),
      tool_name: text,
      tool_call_id: text,
    },
    ['thinking', 'images', 'tool_calls', 'tool_name', 'tool_call_id'],
  ),
  Logprob: object({ ...tokenLogprob, top_logprobs: listOf(object(tokenLogprob)) }, ['top_logprobs']),
  GenerateResponse: object(
    {
      ...chunk,
      response: text,
      thinking: text,
      context: listOf(count),
      tool_calls: listOf(reference('ToolCall')),
    },
    [...optionalInChunk, 'thinking', 'context', 'tool_calls'],
  ),
  ChatResponse: object({ ...chunk, message: reference('Message') }, optionalInChunk),
  EmbedResponse: object({ model: text, embeddings: listOf(listOf(number)), ...times }, optionalTimes),
  EmbeddingsResponse: object({ embedding: listOf(number) }),
  RerankResponse: object(
    {
      model: text,
      results: listOf(
        object({ index: count, relevance_score: number, document: object({ text }) }, ['document']),
      ),
      ...times,
    },
    optionalTimes,
  ),
  TokenizeResponse: object({
    tokens: listOf({ anyOf: [count, object({ id: count, piece: { anyOf: [text, listOf(count)] } })] }),
  }),
  DetokenizeResponse: object({ content: text }),
  ApplyTemplateResponse: object({ model: text, prompt: text, prompt_truncated: flag }, ['prompt_truncated']),
  ModelDetails: object(details),
  ListedDetails: object({ ...details, context_length: count, embedding_length: count }, [
    'context_length',
    'embedding_length',
  ]),
  TagsResponse: object({
    models: listOf(
      object({ ...model, ...remote, modified_at: time, details: reference('ListedDetails'), capabilities }, [
        'capabilities',
        ...remoteNames,
      ]),
    ),
  }),
  PsResponse: object({
    models: listOf(
      object(
        {
          ...{ ...model, ...remote, expires_at: text, size_vram: count, context_length: count },
          remote_state: { enum: ['in use', 'out of use'] },
        },
        [...remoteNames, 'remote_state'],
      ),
    ),
  }),
  ShowResponse: object(
    {
      license: text,
      modelfile: text,
      parameters: text,
      template: text,
      system: text,
      renderer: text,
      parser: text,
      requires: text,
      details: reference('ModelDetails'),
      messages: listOf(reference('Message')),
      model_info: { type: 'object' },
      projector_info: { type: 'object' },
      tensors: listOf(object({ name: text, type: text, shape: listOf(count) })),
      capabilities,
      ...remote,
      modified_at: time,
      imported: {
        ...listOf(
          object(
            {
              part: { enum: ['model', 'adapter', 'draft'] },
              source: text,
              type: text,
              converter: text,
              dropped: listOf(text),
              warnings: listOf(text),
            },
            ['warnings'],
          ),
        ),
        description:
          'With `verbose`: the parts that were converted from safetensors, what was left out of them, and what is wrong with their values',
      },
      speed: reference('SlowTypeNote'),
    },
    [
      ...remoteNames,
      'speed',
      'imported',
      'license',
      'modelfile',
      'parameters',
      'template',
      'system',
      'renderer',
      'parser',
      'requires',
      'messages',
      'projector_info',
      'tensors',
      'capabilities',
    ],
  ),
  VersionResponse: object({ version: text }),
  LoadProgress: object(
    {
      status: { enum: ['waiting', 'loading', 'success'] },
      model: text,
      fraction: number,
      total_duration: nanoseconds,
    },
    ['fraction', 'total_duration'],
  ),
  UnloadProgress: object({ status: { enum: ['waiting', 'unloading', 'success'] }, model: text }),
  HealthResponse: object({
    status: { enum: ['ok', 'unavailable'] },
    checks: listOf(object({ name: text, ok: flag, detail: text }, ['detail'])),
  }),
  BlobResponse: object({ digest: text, size: count }),
  EstimateResponse: object(estimate, optionalInEstimate),
  RemoteEstimateResponse: object(
    {
      ...estimate,
      download: object({ total: count, missing: count }),
      details: reference('ModelDetails'),
      capabilities,
      context_length: count,
      tags: listOf(object({ tag: text, size: count, total: count, fits: flag })),
    },
    [...optionalInEstimate, 'tags'],
  ),
  SlowTypeNote: object(
    {
      type: text,
      faster: text,
      decode_gain: { type: 'number' },
      prefill_gain: { type: 'number' },
      source: { enum: ['measured', 'known'] },
      advice: text,
    },
    ['decode_gain', 'prefill_gain'],
  ),
  UsageFigures: object(usageFigures),
  UsageResponse: object({
    from: text,
    to: text,
    usage: listOf(object({ day: text, key: text, model: text, ...usageFigures }, ['day', 'key', 'model'])),
    total: reference('UsageFigures'),
  }),
  ...engineEventSchemas,
  QueueResponse: object({
    active: count,
    limit: count,
    queue: listOf(
      object({
        position: count,
        model: text,
        priority: { type: 'integer' },
        waited: nanoseconds,
        waits_for: { enum: ['memory', 'load', 'slot'] },
      }),
    ),
    loading: listOf(object({ model: text, fraction: { type: 'number', minimum: 0, maximum: 1 } })),
  }),
};

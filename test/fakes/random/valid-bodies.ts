import { expect } from 'vitest';
import { textPdf } from '../pdf/pdf-file.ts';

const tool = {
  type: 'function',
  function: {
    name: 'f',
    description: 'd',
    parameters: { type: 'object', properties: { a: { type: 'string' } } },
  },
};
const chat = {
  model: 'm',
  messages: [
    { role: 'system', content: 's' },
    { role: 'user', content: 'hi', images: [] },
    { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] },
    { role: 'tool', content: 'r', tool_name: 'f' },
  ],
  tools: [tool],
  tool_choice: 'auto',
  options: { temperature: 0.5, stop: ['x'], num_ctx: 512, logit_bias: { 1: 2 } },
  format: { type: 'object', properties: { a: { enum: [1, 'b'] } }, required: ['a'] },
  think: false,
  stream: false,
  keep_alive: '5m',
  continue_final_message: false,
};
/** A small PDF file in base64. */
const pdf = textPdf(['a']).toString('base64');
const digest = `sha256:${'0'.repeat(64)}`;

/** A well-formed body for each route. */
export const validBodies: Readonly<Record<string, unknown>> = {
  '/api/generate': {
    model: 'm',
    prompt: 'p',
    system: 's',
    context: [10],
    options: { seed: 1 },
    stream: false,
  },
  '/api/chat': chat,
  '/api/apply-template': chat,
  '/api/embed': { model: 'm', input: ['a', 'b'], dimensions: 2, truncate: true },
  '/api/embeddings': { model: 'm', prompt: 'a' },
  '/api/rerank': { model: 'm', query: 'q', documents: ['a', { text: 'b' }], top_n: 1 },
  '/api/tokenize': { model: 'm', content: 'a b', with_pieces: true },
  '/api/detokenize': { model: 'm', tokens: [10, 11] },
  '/api/show': { model: 'm', verbose: true, options: { top_k: 1 } },
  '/api/create': {
    model: 'made',
    from: 'm',
    parameters: { stop: ['x'], temperature: 1 },
    template: '{{ .Prompt }}',
    messages: [{ role: 'user', content: 'x' }],
    license: ['l'],
    files: { 'a.gguf': digest },
    stream: false,
  },
  '/api/copy': { source: 'm', destination: 'copy' },
  '/api/delete': { model: 'gone' },
  '/api/pull': { model: 'm', stream: false },
  '/api/verify': { model: 'm', stream: false },
  '/api/link': { digest, token: '0'.repeat(32), source: '/a/b.gguf' },
  '/api/push': { model: 'm', stream: false },
  '/api/load': { model: 'm', keep_alive: 60, stream: false },
  '/api/type-speeds': { model: 'm', types: [{ type: 'Q4_0', decode: 130, prefill: 530.5 }] },
  '/api/estimate': { model: 'm', options: { num_ctx: 512 }, slots: 2 },
  '/api/estimate/remote': { model: 'm', options: { num_ctx: 512 }, slots: 2, insecure: true },
  '/api/keys': {
    name: 'k',
    scopes: ['generate'],
    models: ['q*'],
    requests_per_minute: 5,
    concurrent: 2,
    priority: 'low',
    expires: '30d',
  },
  '/api/session': { key: 'ok-unknown' },
  '/api/keys/:id/rotate': { grace: '1h' },
  '/api/chats/:id': {
    entries: [
      { type: 'title', id: 'a', at: '2026-11-30T12:00:00Z', title: 't' },
      { type: 'settings', id: 'b', at: '2026-11-30T12:00:00.123+01:00', settings: { model: 'm' } },
      { type: 'message', id: 'c', at: '2026-11-30T12:00:01Z', message: { id: 'm', content: 'x' } },
      { type: 'remove', id: 'd', at: '2026-11-30T12:00:02Z', message: 'm' },
    ],
  },
  '/api/unload': { model: 'm', stream: false },
  '/v1/chat/completions': {
    model: 'm',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` } },
        ],
      },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'r' },
    ],
    stop: ['x'],
    logit_bias: { 5: 1 },
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
    tool_choice: 'none',
    n: 2,
    stream: false,
  },
  '/tokenize': { model: 'm', prompt: 'a b', add_special_tokens: false, return_token_strs: true },
  '/detokenize': { model: 'm', tokens: [10, 11] },
  '/v1/chat/completions/render': {
    model: 'm',
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b', reasoning: 't' },
      { role: 'user', content: 'c' },
    ],
    response_format: { type: 'json_object' },
    skip_special_tokens: true,
    cache_salt: 's',
  },
  '/v1/completions/render': { model: 'm', prompt: ['a', 'b'] },
  '/v1/responses/render': { model: 'm', input: 'a', max_output_tokens: 5 },
  '/v1/responses/input_tokens': { model: 'm', input: 'a' },
  '/v1/messages/render': { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'a' }] },
  '/v1/completions': { model: 'm', prompt: ['a', 'b'], n: 1, echo: true, logprobs: 1, stream: false },
  '/v1/embeddings': { model: 'm', input: ['a'], encoding_format: 'base64', dimensions: 2 },
  '/v1/rerank': { model: 'm', query: 'q', documents: ['a'], top_n: 1 },
  '/v1/responses': {
    model: 'm',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'a' },
          { type: 'input_file', file_data: pdf },
        ],
      },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'r' },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 't' }], content: null },
      { type: 'custom_tool_call', call_id: 'd', name: 'p', namespace: 'n', input: 'i' },
      { type: 'custom_tool_call_output', call_id: 'd', output: [{ type: 'input_text', text: 'r' }] },
      { type: 'local_shell_call', call_id: 'e', action: { type: 'exec', command: ['ls'] } },
      { type: 'tool_search_output', call_id: 'f', tools: [{ type: 'function', name: 'g' }] },
      { type: 'item_reference', id: 'i' },
    ],
    tools: [
      { type: 'function', name: 'f', parameters: { type: 'object' } },
      { type: 'namespace', name: 'n', tools: [{ type: 'custom', name: 'p', format: { type: 'text' } }] },
      { type: 'web_search', filters: {} },
    ],
    tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
    instructions: 's',
    reasoning: { effort: 'none' },
    text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } } },
    include: [],
    stream: false,
  },
  '/v1/batches': {
    input_file_id: 'file-none',
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { kind: 'test' },
    output_expires_after: { anchor: 'created_at', seconds: 3600 },
  },
  '/v1/messages': {
    model: 'm',
    max_tokens: 5,
    system: [{ type: 'text', text: 's' }],
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'r' }] },
          {
            type: 'document',
            title: 't',
            source: { type: 'base64', media_type: 'application/pdf', data: pdf },
          },
        ],
      },
    ],
    thinking: { type: 'enabled', budget_tokens: 5 },
    stop_sequences: ['x'],
    stream: false,
  },
  '/v1/messages/count_tokens': { model: 'm', messages: [{ role: 'user', content: 'a' }] },
};
/** Routes that read no JSON. */
export const bodilessPaths: readonly string[] = [
  '/',
  '/models',
  '/engine',
  '/compare',
  '/settings',
  '/ui/:name',
  '/health',
  '/v1/health',
  '/ping',
  '/version',
  '/server_info',
  '/get_server_info',
  '/model_info',
  '/get_model_info',
  '/kv_event_sources',
  '/v1/loads',
  '/loads',
  '/metrics',
  '/api/version',
  '/openapi.json',
  '/api/tags',
  '/api/ps',
  '/api/queue',
  '/api/blobs',
  '/api/blobs/:digest',
  '/api/keys/:id',
  '/api/usage',
  '/api/chats',
  '/api/config',
  '/api/runs/:id/answer',
  '/api/engine/events',
  '/api/logs',
  '/v1/files',
  '/v1/files/:id',
  '/v1/files/:id/content',
  '/v1/batches/:id',
  '/v1/batches/:id/cancel',
  '/v1/audio/transcriptions',
  '/v1/audio/translations',
  '/v1/models',
  '/v2/',
  '/v2/:namespace/:model/manifests/:tag',
  '/v2/:namespace/:model/blobs/:digest',
  '/v1/models/:model{.+}',
  '/v1/responses/:id',
];

/** The form of errors under a path. */
export function errorForm(path: string): object {
  if (path.startsWith('/v1/messages')) {
    const error = { type: expect.any(String), message: expect.any(String) };
    return { type: 'error', error, request_id: expect.stringMatching(/^req_/) };
  }
  if (!path.startsWith('/v1/')) return { error: expect.any(String) };
  const unsaid = expect.toSatisfy((value: unknown) => value === null || typeof value === 'string');
  return { error: { message: expect.any(String), type: expect.any(String), param: unsaid, code: unsaid } };
}

/** An example request for an operation of the reference; a test sends them. */
export interface Example {
  /** Sent as JSON. */
  readonly body?: object;
  /** The path to use when it has parameters or a query. */
  readonly path?: string;
  /** Arguments that curl gets before the URL. */
  readonly arguments?: string;
  /** Why the example cannot be run unchanged. */
  readonly notRun?: string;
}

const model = 'smollm2:135m';
const messages = [{ role: 'user', content: 'Why is the sky blue?' }];
const blob = "sha256:$(sha256sum model.gguf | cut -d' ' -f1)";

const nativeExamples: Readonly<Record<string, Example>> = {
  'GET /': {},
  'GET /models': {},
  'GET /engine': {},
  'GET /compare': {},
  'GET /settings': {},
  'GET /ui/:name': { path: '/ui/licenses.txt' },
  'GET /api/version': {},
  'GET /health': { path: `/health?model=${model}` },
  'GET /metrics': {},
  'GET /openapi.json': { arguments: '-o openapi.json' },
  'POST /api/generate': {
    body: { model, prompt: 'Why is the sky blue?', options: { num_predict: 40 }, stream: false },
  },
  'POST /api/chat': { body: { model, messages, options: { num_predict: 40 } } },
  'POST /api/apply-template': { body: { model, messages } },
  'POST /api/embed': { body: { model: 'all-minilm', input: ['the sky is blue', 'grass is green'] } },
  'POST /api/embeddings': { body: { model: 'all-minilm', prompt: 'the sky is blue' } },
  'POST /api/rerank': {
    body: {
      model: 'bge-reranker-v2-m3',
      query: 'colour of the sky',
      documents: ['Grass is green.', 'The sky is blue.'],
      top_n: 1,
    },
  },
  'POST /api/tokenize': { body: { model, content: 'Hello world', with_pieces: true } },
  'POST /api/detokenize': { body: { model, tokens: [19556, 905] } },
  'GET /api/tags': {},
  'GET /api/ps': {},
  'GET /api/queue': {},
  'GET /api/engine/events': { arguments: '-N', notRun: 'goes on until it is ended' },
  'GET /api/usage': { path: '/api/usage?from=2026-11-01&to=2026-11-30&by=model,day' },
  'POST /api/load': { body: { model, keep_alive: '10m' } },
  'POST /api/unload': { body: { model } },
  'POST /api/estimate': { body: { model, options: { num_ctx: 4096 }, slots: 2 } },
  'POST /api/estimate/remote': {
    body: { model: 'hf.co/HuggingFaceTB/SmolLM2-135M-Instruct-GGUF', options: { num_ctx: 8192 }, slots: 4 },
    notRun: 'reads from a registry',
  },
  'POST /api/type-speeds': { body: { model, types: [{ type: 'Q4_0', decode: 130, prefill: 530 }] } },
  'POST /api/show': { body: { model } },
  'POST /api/create': {
    body: {
      model: 'brief',
      from: model,
      system: 'You answer in one sentence.',
      parameters: { temperature: 0.3 },
    },
  },
  'POST /api/copy': { body: { source: 'brief', destination: 'backup' } },
  'DELETE /api/delete': { body: { model: 'backup' } },
  'POST /api/pull': { body: { model } },
  'POST /api/push': { body: { model: 'ada/brief' }, notRun: 'requires an account at the registry' },
  'POST /api/verify': { body: { model, stream: false } },
  'POST /api/link': { body: { digest: `sha256:${'0'.repeat(64)}` } },
  'POST /api/blobs': { arguments: '-X POST -T model.gguf' },
  'HEAD /api/blobs/:digest': { path: `/api/blobs/${blob}` },
  'POST /api/blobs/:digest': { path: `/api/blobs/${blob}`, arguments: '-X POST -T model.gguf' },
};

const locks = 'from then on, the server answers only to requests with a key';

const keyExamples: Readonly<Record<string, Example>> = {
  'GET /api/keys': {},
  'POST /api/keys': { body: { name: 'anna', models: ['qwen*'], requests_per_minute: 60 }, notRun: locks },
  'GET /api/session': { arguments: '--cookie jar.txt', notRun: 'requires a session' },
  'POST /api/session': {
    body: { key: 'ok-…' },
    arguments: '--cookie-jar jar.txt',
    notRun: 'requires a key',
  },
  'DELETE /api/session': {
    arguments: '--cookie jar.txt -H "X-CSRF-Token: TOKEN"',
    notRun: 'requires a session',
  },
  'GET /api/keys/:id': { path: '/api/keys/anna', notRun: 'requires a key' },
  'DELETE /api/keys/:id': { path: '/api/keys/anna', notRun: 'requires a key' },
  'POST /api/keys/:id/rotate': {
    path: '/api/keys/anna/rotate',
    body: { grace: '1h' },
    notRun: 'requires a key',
  },
};

const keepsChats = 'requires a server with OLLAMA_UI_CHATS=on';
const chatId = '0b3f8f6e-9d6f-4c57-8a44-6c1d7e1f2a3b';

const pageExamples: Readonly<Record<string, Example>> = {
  'GET /api/chats': { notRun: keepsChats },
  'GET /api/chats/:id': { path: `/api/chats/${chatId}?after=0`, notRun: keepsChats },
  'POST /api/chats/:id': {
    path: `/api/chats/${chatId}?create=true`,
    body: { entries: [{ type: 'title', id: 'e1', at: '2026-11-30T12:00:00Z', title: 'The sky' }] },
    notRun: keepsChats,
  },
  'POST /api/runs/:id/answer': {
    path: '/api/runs/req_1/answer',
    arguments: '-X POST',
    notRun: 'requires a request that is running',
  },
  'GET /api/config': {},
  'GET /api/logs': { path: '/api/logs?lines=20' },
  'DELETE /api/chats/:id': { path: `/api/chats/${chatId}`, notRun: keepsChats },
};

const otherExamples: Readonly<Record<string, Example>> = {
  'GET /v2/': {},
  'GET /v2/:namespace/:model/manifests/:tag': { path: '/v2/library/smollm2/manifests/135m' },
  'GET /v2/:namespace/:model/blobs/:digest': {
    path: `/v2/library/smollm2/blobs/${blob}`,
    arguments: '-o copy.gguf',
  },
  'POST /v1/chat/completions': { body: { model, messages, max_tokens: 40 } },
  'POST /v1/completions': { body: { model, prompt: 'The sky is', max_tokens: 10 } },
  'POST /v1/embeddings': { body: { model: 'all-minilm', input: 'the sky is blue' } },
  'POST /v1/audio/transcriptions': {
    arguments: '-F model=ultravox -F file=@speech.wav',
    notRun: 'requires a model that takes sound, and a recording',
  },
  'POST /v1/audio/translations': {
    arguments: '-F model=ultravox -F file=@speech.wav -F response_format=text',
    notRun: 'requires a model that takes sound, and a recording',
  },
  'POST /v1/rerank': {
    body: { model: 'bge-reranker-v2-m3', query: 'sky', documents: ['Grass is green.', 'The sky is blue.'] },
  },
  'POST /v1/responses': { body: { model, input: 'Why is the sky blue?', max_output_tokens: 40 } },
  'GET /v1/responses/:id': { path: '/v1/responses/ID', notRun: 'requires the ID of a response' },
  'DELETE /v1/responses/:id': { path: '/v1/responses/ID', notRun: 'requires the ID of a response' },
  'POST /v1/messages': { body: { model, messages, max_tokens: 40 } },
  'POST /v1/messages/count_tokens': { body: { model, messages } },
  'POST /v1/files': {
    arguments: '-F purpose=batch -F file=@requests.jsonl',
    notRun: 'requires a file of requests',
  },
  'GET /v1/files': {},
  'GET /v1/files/:id': { path: '/v1/files/ID', notRun: 'requires the ID of a file' },
  'DELETE /v1/files/:id': { path: '/v1/files/ID', notRun: 'requires the ID of a file' },
  'GET /v1/files/:id/content': { path: '/v1/files/ID/content', notRun: 'requires the ID of a file' },
  'POST /v1/batches': {
    body: { input_file_id: 'ID', endpoint: '/v1/chat/completions', completion_window: '24h' },
    notRun: 'requires the ID of a file',
  },
  'GET /v1/batches': {},
  'GET /v1/batches/:id': { path: '/v1/batches/ID', notRun: 'requires the ID of a batch' },
  'POST /v1/batches/:id/cancel': { path: '/v1/batches/ID/cancel', notRun: 'requires the ID of a batch' },
  'GET /v1/models': {},
  'GET /v1/models/:model{.+}': { path: `/v1/models/${model}` },
};

const routerExamples: Readonly<Record<string, Example>> = {
  'GET /v1/health': {},
  'GET /ping': {},
  'POST /ping': {},
  'GET /version': {},
  'POST /tokenize': { body: { model, prompt: 'Hello world' } },
  'POST /detokenize': { body: { model, tokens: [19556, 905] } },
  'POST /v1/chat/completions/render': { body: { model, messages } },
  'POST /v1/completions/render': { body: { model, prompt: 'The sky is' } },
  'POST /v1/responses/render': { body: { model, input: 'Why is the sky blue?' } },
  'POST /v1/responses/input_tokens': { body: { model, input: 'Why is the sky blue?' } },
  'POST /v1/messages/render': { body: { model, messages, max_tokens: 40 } },
  'GET /server_info': { path: `/server_info?model=${model}` },
  'GET /get_server_info': {},
  'GET /model_info': { path: `/model_info?model=${model}` },
  'GET /get_model_info': {},
  'GET /kv_event_sources': {},
  'GET /v1/loads': {},
  'GET /loads': {},
};

/** Keyed by method and path, as written in the table of operations. */
export const examples: Readonly<Record<string, Example>> = {
  ...nativeExamples,
  ...keyExamples,
  ...pageExamples,
  ...otherExamples,
  ...routerExamples,
};

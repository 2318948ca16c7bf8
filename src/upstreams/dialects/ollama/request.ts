/** Native requests for another server with the same API. */
import type { ChatRequest } from '../../../api/chat.ts';
import type { Message } from '../../../api/common.ts';
import type { JsonObject } from '../../../base/json-object.ts';
import type { Addressee, AskedEmbedding, AskedRun, UpstreamCall } from '../dialect.ts';
import { OllamaReader } from './reader.ts';

/** What Ollama does not have: it would ignore these without a word. */
const extensionFields: ReadonlySet<string> = new Set([
  'tool_choice',
  'parallel_tool_calls',
  'chat_template_kwargs',
  'continue_final_message',
  'think_budget',
  'verbose_metrics',
  'return_progress',
  'cache_salt',
]);

/** Options of Ollama's API. */
const ollamaOptions: ReadonlySet<string> = new Set([
  ...['num_ctx', 'num_batch', 'num_gpu', 'main_gpu', 'use_mmap', 'num_thread', 'draft_num_predict'],
  ...['num_keep', 'seed', 'num_predict', 'top_k', 'top_p', 'min_p', 'typical_p', 'repeat_last_n', 'stop'],
  ...['temperature', 'repeat_penalty', 'presence_penalty', 'frequency_penalty'],
]);

/** Fields that are never on the wire, or that we set ourselves. */
const innerFields: ReadonlySet<string> = new Set([
  ...['thinkField', 'formatField', 'areToolsOptional', 'hasCacheMarks'],
  ...['model', 'stream', 'messages', 'tools', 'options'],
]);

/** Without an effect of their own: more figures at the end, and the same that the call says otherwise. */
const silentFields: ReadonlySet<string> = new Set(['verbose_metrics']);

export function ollamaRun(asked: AskedRun, { model, extensions }: Addressee): UpstreamCall {
  const ignored: string[] = [];
  const options = optionsFor(asked.request.options ?? {}, extensions, ignored);
  return {
    path: asked.kind === 'chat' ? '/api/chat' : '/api/generate',
    body: {
      ...{ model, stream: true },
      ...plainFields(asked.request, extensions, ignored),
      ...(Object.keys(options).length > 0 && { options }),
      ...(asked.kind === 'chat' && conversationFields(asked.request)),
    },
    ignored,
    framing: 'lines',
    reader: () => new OllamaReader(asked.kind),
  };
}

function plainFields(request: object, extensions: boolean, ignored: string[]): JsonObject {
  const body: JsonObject = {};
  for (const [name, value] of Object.entries(request)) {
    if (innerFields.has(name) || value === undefined) continue;
    if (extensions || !extensionFields.has(name)) body[name] = value;
    else if (!silentFields.has(name) && hasEffect(name, value)) ignored.push(name);
  }
  return body;
}

function conversationFields({ messages = [], tools = [], tool_choice: choice }: ChatRequest): JsonObject {
  // Ollama has no choice, but tools that are not offered are not called.
  const isOffered = tools.length > 0 && choice !== 'none';
  return {
    messages: messages.map(wireMessage),
    ...(isOffered && { tools: tools.map(({ type, function: called }) => ({ type, function: called })) }),
  };
}

/** Whether leaving a field out changes anything. One call at most is enforced on the answer. */
function hasEffect(name: string, value: unknown): boolean {
  if (name === 'parallel_tool_calls') return false;
  if (name === 'tool_choice') return value !== 'auto' && value !== 'none';
  if (name === 'chat_template_kwargs') return Object.keys(value ?? {}).length > 0;
  return value !== false;
}

function optionsFor(options: object, extensions: boolean, ignored: string[]): JsonObject {
  const found: JsonObject = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (extensions || ollamaOptions.has(name)) found[name] = value;
    else ignored.push(`options.${name}`);
  }
  return found;
}

function wireMessage({ imagePlaces: _, ...message }: Message): JsonObject {
  return message;
}

export function ollamaEmbedding(
  { input, truncate, options = {} }: AskedEmbedding,
  { model, extensions }: Addressee,
): Omit<UpstreamCall, 'framing' | 'reader'> {
  const ignored: string[] = [];
  const known = optionsFor(options, extensions, ignored);
  return {
    path: '/api/embed',
    body: {
      ...{ model, input },
      ...(truncate !== undefined && { truncate }),
      ...(Object.keys(known).length > 0 && { options: known }),
    },
    ignored,
  };
}

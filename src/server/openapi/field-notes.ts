import { isJsonObject, type JsonObject } from '../../base/json-object.ts';

/** The user documentation of a field of the native API. */
interface FieldNote {
  readonly default?: unknown;
  readonly meaning: string;
}

/** Keyed by the name of the field. */
type Notes = Readonly<Record<string, FieldNote>>;

export const requestNotes: Notes = {
  model: { meaning: 'Name of the model' },
  name: { meaning: 'Older spelling of `model`' },
  stream: { default: true, meaning: 'Stream the reply, one JSON object per line' },
  options: { meaning: 'Options that override those of the model' },
  think: { meaning: 'Let the model think before it answers; the default depends on the model' },
  think_budget: { meaning: 'Maximum number of thinking tokens, after which the answer begins' },
  truncate: {
    default: true,
    meaning: 'Shorten input that exceeds the context length, and report it; false refuses such input',
  },
  shift: {
    default: true,
    meaning: 'Drop the oldest tokens when the context is full; false ends the answer there',
  },
  logprobs: { default: false, meaning: 'Return the log probability of each token' },
  top_logprobs: {
    default: 0,
    meaning: 'Return the log probabilities of this many alternatives per token, at most 20',
  },
  _debug_render_only: { default: false, meaning: 'Return the rendered prompt instead of an answer' },
  prompt: { meaning: 'Text to continue; in `/api/embeddings`, the text to embed' },
  suffix: { meaning: 'Text that follows the answer; for models with the capability `insert`' },
  system: { meaning: 'System message; overrides the one of the model' },
  template: { meaning: 'Prompt template; overrides the one of the model' },
  context: { meaning: 'The `context` of an earlier reply, to continue from' },
  raw: { default: false, meaning: 'Pass the prompt to the model unchanged, without a template' },
  images: { meaning: 'Images and sound in base64, for models with the capability `vision` or `audio`' },
  verbose_metrics: {
    default: false,
    meaning:
      'Report on the last part where the time went and what was cached, drafted and cut: the fields that say "only with `verbose_metrics`"',
  },
  cache_salt: {
    meaning: 'Share computed prompts only with requests that have the same text here (and the same API key)',
  },
  return_progress: {
    default: false,
    meaning:
      'Begin the stream with chunks that report what the request waits for, then how much of the prompt is computed',
  },
  chat_template_kwargs: {
    meaning: 'Variables for the chat template of the model, if it is written in Jinja',
  },
  continue_final_message: {
    default: false,
    meaning: 'Go on with the last message, an answer that has begun, also where the template would end it',
  },
  messages: { meaning: 'The conversation so far' },
  tools: { meaning: 'Functions that the model may call' },
  tool_choice: {
    default: 'auto',
    meaning: '`auto`, `none`, `required` or a function that the model must call',
  },
  parallel_tool_calls: {
    default: true,
    meaning: 'Allow several tool calls in one answer; false allows at most one',
  },
  input: { meaning: 'A string or a list of strings' },
  dimensions: { default: 0, meaning: 'Truncate vectors to this many dimensions; 0 keeps all' },
  query: { meaning: 'The query that the documents are ranked by' },
  documents: { meaning: 'Strings, or objects with a `text` field' },
  top_n: { meaning: 'Number of best results to return; all of them by default' },
  return_documents: { default: false, meaning: 'Include the documents in the results' },
  content: { meaning: 'The text' },
  text: { meaning: 'Another name for `content`' },
  add_special: { default: false, meaning: 'Add the start and end tokens of the model' },
  parse_special: { default: true, meaning: 'Parse markers such as `<|im_start|>` as the tokens they name' },
  skip_special: { default: false, meaning: 'Leave out the text of control tokens' },
  with_pieces: { default: false, meaning: 'Return the text of each token' },
  tokens: { meaning: 'Token IDs' },
  slots: { meaning: 'Number of concurrent requests; by default, the number that the server would choose' },
  verbose: { default: false, meaning: 'Return long metadata values, such as the vocabulary, too' },
  insecure: { default: false, meaning: 'Allow plain HTTP to the registry' },
  from: { meaning: 'Model to start from' },
  files: {
    meaning:
      'GGUF files, or the files of a safetensors folder: maps their names to the digests of uploaded blobs',
  },
  adapters: {
    meaning: 'LoRA adapters, as GGUF or safetensors: maps names of files to digests of uploaded blobs',
  },
  draft_files: { meaning: 'Draft model: maps names of its files to digests of uploaded blobs' },
  draft_quantize: { meaning: 'Quantization type for the weights of the draft model' },
  quantize: { meaning: 'Quantization type for the weights; `auto` = the fastest sound one on this machine' },
  requantize: {
    default: false,
    meaning: 'Also convert weights that are quantized already, which loses quality',
  },
  speed: {
    default: false,
    meaning: 'Report a type of weights that is slow on this processor, and a faster one',
  },
  types: { meaning: 'Measured speeds: a list of `type` with its tokens per second, `decode` and `prefill`' },
  license: { meaning: 'One license text or a list of them' },
  parameters: { meaning: 'Default options of the new model' },
  renderer: { meaning: 'Built-in renderer that writes the prompts' },
  parser: { meaning: 'Built-in parser that reads the answers' },
  requires: { meaning: 'Minimum version of the program' },
  source: { meaning: 'Model to copy; in `/api/link`, the name of the file for messages' },
  destination: { meaning: 'Name of the copy' },
  digest: { meaning: '`sha256:` and 64 hexadecimal digits' },
  token: { meaning: 'The token that the first request returned' },
  key: { meaning: 'The key' },
  scopes: { default: ['generate', 'read', 'tools'], meaning: 'What the key may do' },
  models: { default: [], meaning: 'Patterns of the models that it may use, such as `qwen*`; empty = all' },
  requests_per_minute: { meaning: 'Maximum number of requests per minute' },
  requests_per_day: { meaning: 'Maximum number of requests per day' },
  tokens_per_minute: { meaning: 'Maximum number of tokens per minute, of prompts and answers together' },
  tokens_per_day: { meaning: 'Maximum number of tokens per day, of prompts and answers together' },
  concurrent: { meaning: 'Maximum number of requests at the same time' },
  priority: { default: 0, meaning: 'Upper bound of `X-Priority`: -10 to 10, or `low`, `normal` or `high`' },
  expires: { meaning: 'When the key ends: a duration such as `30d`, or a time such as `2030-01-31`' },
  entries: { meaning: 'Entries in their order, each with `type`, `id`, `at` and what its type says' },
  grace: { meaning: 'How long the old key is still accepted, such as `1h`; by default, not at all' },
};

export const replyNotes: Notes = {
  created_at: { meaning: 'Time of this part' },
  done: { meaning: 'Whether this is the last part' },
  done_reason: { meaning: 'Why the answer ended; `length` means that it reached a token limit' },
  response: { meaning: 'Text of this part' },
  message: { meaning: 'Text, thinking or tool calls of this part' },
  thinking: { meaning: 'Thinking of this part' },
  prompt_truncated: { meaning: 'True when messages or tokens were dropped to fit the context' },
  remote_model: { meaning: 'Of a model that another server answers for: its name there' },
  remote_host: { meaning: 'That server: the name of an upstream, or a URL' },
  remote_state: { meaning: 'Whether the upstream gets requests at present' },
  stop_sequence: { meaning: 'The entry of `stop` that ended the answer; only with `verbose_metrics`' },
  queue_progress: { meaning: 'What the request waits for; only with `return_progress`' },
  position: { meaning: 'Place among the waiting requests, from 1' },
  load_fraction: { meaning: 'Loaded fraction of the weights, 0 to 1' },
  prompt_progress: { meaning: 'How much of the prompt is computed; only with `return_progress`' },
  cache: { meaning: 'Number of prompt tokens taken from the cache' },
  processed: { meaning: 'Number of prompt tokens that are ready, those from the cache included' },
  time_ms: { meaning: 'Time since the prompt began to be computed, in milliseconds' },
  total_duration: { meaning: 'Time since the request arrived, in nanoseconds' },
  load_duration: { meaning: 'Time spent waiting for the model, its load included, in nanoseconds' },
  queue_duration: {
    meaning: 'Part of `load_duration` without the load of the model; only with `verbose_metrics`',
  },
  prompt_eval_count: { meaning: 'Number of prompt tokens' },
  prompt_eval_cached: {
    meaning: 'Number of prompt tokens taken from the cache; only with `verbose_metrics`',
  },
  prompt_eval_cached_from: {
    meaning:
      'Where those tokens were: a slot of the KV cache, host memory or disk; only with `verbose_metrics`',
  },
  prompt_eval_duration: { meaning: 'Time spent on the prompt, in nanoseconds' },
  eval_count: { meaning: 'Number of answer tokens' },
  eval_thinking_count: { meaning: 'Number of answer tokens that were thinking; only with `verbose_metrics`' },
  eval_drafted_count: { meaning: 'Number of drafted tokens; only with `verbose_metrics`' },
  eval_draft_taken_count: {
    meaning: 'Number of drafted tokens that the model took; only with `verbose_metrics`',
  },
  eval_duration: { meaning: 'Time spent on the answer, in nanoseconds' },
  eval_thinking_duration: {
    meaning: 'Part of `eval_duration` that was thinking; only with `verbose_metrics`',
  },
  size: { meaning: 'Size in bytes' },
  size_vram: { meaning: 'Bytes of `size` that are on GPUs' },
  expires_at: { meaning: 'When the model is unloaded if no request arrives' },
  embeddings: { meaning: 'One unit-length vector per input' },
  relevance_score: { meaning: 'Larger is better; unbounded for most models' },
  completed: { meaning: 'Bytes done' },
  total: { meaning: 'Bytes in total' },
  fraction: { meaning: 'Loaded fraction of the weights, 0 to 1' },
  waits_for: { meaning: 'What the request waits for' },
  waited: { meaning: 'Time in the queue, in nanoseconds' },
  available: { meaning: 'Bytes available to further models' },
};

/** Adds notes to the top-level fields of a schema; a field's own description takes precedence. */
export function withNotes(schema: JsonObject, notes: Notes): JsonObject {
  return withFields(schema, (name, field) => noted(name, field, notes));
}

/** As `withNotes`, for the fields of the objects in it too: in replies a name means the same at every depth. */
export function withDeepNotes(schema: JsonObject, notes: Notes): JsonObject {
  const { items } = schema;
  const deep = isJsonObject(items) ? { ...schema, items: withDeepNotes(items, notes) } : schema;
  return withFields(deep, (name, field) => noted(name, withDeepNotes(field, notes), notes));
}

function withFields(schema: JsonObject, change: (name: string, field: JsonObject) => JsonObject): JsonObject {
  const { properties } = schema;
  if (!isJsonObject(properties)) return { ...schema };
  const changed = Object.entries(properties).map(([name, field]) => [
    name,
    isJsonObject(field) ? change(name, field) : field,
  ]);
  return { ...schema, properties: Object.fromEntries(changed) };
}

function noted(name: string, field: JsonObject, notes: Notes): JsonObject {
  const note = Object.hasOwn(notes, name) ? notes[name] : undefined;
  if (note === undefined) return field;
  const { meaning, default: value } = note;
  return { ...(value !== undefined && { default: value }), description: meaning, ...field };
}

/** The schemas of what `/api/engine/events` sends. */
import { count, flag, type JsonSchema, listOf, number, object, reference, text } from './schema-parts.ts';

const milliseconds: JsonSchema = { type: 'number', minimum: 0, description: 'Milliseconds' };
const moment: JsonSchema = { type: 'number', description: 'Milliseconds since 1970 in UTC' };
const bytes: JsonSchema = { type: 'integer', minimum: 0, description: 'Bytes' };
const fraction: JsonSchema = { type: 'number', minimum: 0, maximum: 1 };
const type = (name: string): JsonSchema => ({ const: name });
const runs = listOf(reference('EngineRun'));

const modelPoint = {
  model: text,
  prefill_tokens: number,
  decode_tokens: number,
  drafted_tokens: number,
  draft_taken: number,
  batch_runs: number,
  batch_tokens: number,
  gap_p50_ms: milliseconds,
  gap_p95_ms: milliseconds,
  first_token_p50_ms: milliseconds,
  first_token_p95_ms: milliseconds,
};
const optionalInPoint = Object.keys(modelPoint).filter((name) => /^batch_|_ms$/.test(name));

const share = {
  run: count,
  slot: count,
  prefill_ms: milliseconds,
  decode_ms: milliseconds,
  prefill_tokens: count,
  decode_tokens: count,
  draft_taken: count,
  draft_refused: count,
};
const block = {
  runner: count,
  started_at: moment,
  duration_ms: milliseconds,
  calls: count,
  tokens: count,
  shares: listOf(object(share)),
};
const prompt = {
  runner: count,
  run: count,
  slot: count,
  at: moment,
  slot_tokens: count,
  memory_tokens: count,
  disk_tokens: count,
  computed_tokens: count,
};
const memory = {
  device: text,
  weights_bytes: bytes,
  kv_bytes: bytes,
  kv_held_bytes: bytes,
  kv_idle_bytes: bytes,
  compute_bytes: bytes,
  other_bytes: bytes,
};
const wait = {
  run: count,
  position: count,
  model: text,
  priority: { type: 'integer' },
  since_at: moment,
  waits_for: { enum: ['memory', 'load', 'slot'] },
  unloading: listOf(text),
};

export const engineEventSchemas: Readonly<Record<string, JsonSchema>> = {
  EngineEvent: {
    oneOf: ['Hello', 'State', 'Steps', 'Prompts', 'Point', 'Lost'].map((name) => reference(`Engine${name}`)),
  },
  EngineHello: object({
    type: type('hello'),
    version: count,
    now_at: moment,
    history_seconds: count,
    history: listOf(reference('EnginePoint')),
    state: reference('EngineState'),
  }),
  EngineState: object(
    {
      type: type('state'),
      at: moment,
      runners: listOf(reference('EngineRunner')),
      queue: listOf(object(wait, ['run', 'unloading'])),
      devices: listOf(object({ device: text, total_bytes: bytes, free_bytes: bytes })),
      disk_cache_bytes: bytes,
      runs,
    },
    ['disk_cache_bytes'],
  ),
  EngineRunner: object(
    {
      runner: count,
      model: text,
      state: { enum: ['loading', 'ready', 'stopping'] },
      load_fraction: fraction,
      load_started_at: moment,
      loaded_at: moment,
      context_length: count,
      slots: listOf(
        object({ slot: count, run: count, tokens: count, shared_tokens: count, prompt_tokens: count }, [
          'run',
        ]),
      ),
      memory: listOf(object(memory)),
      host_cache: object({ bytes, conversations: count }),
      disk_cache: object({ conversations: count }),
    },
    ['loaded_at', 'host_cache', 'disk_cache'],
  ),
  EngineRun: object(
    {
      run: count,
      kind: { enum: ['chat', 'generate', 'embed', 'rerank', 'tokenize'] },
      model: text,
      request_id: text,
      key: text,
      anonymous: flag,
    },
    ['request_id', 'key'],
  ),
  EngineSteps: object({ type: type('steps'), blocks: listOf(object(block)), runs }),
  EnginePrompts: object({ type: type('prompts'), prompts: listOf(object(prompt)), runs }),
  EnginePoint: object({
    type: type('point'),
    at: moment,
    models: listOf(object(modelPoint, optionalInPoint)),
  }),
  EngineLost: object({ type: type('lost'), events: count }),
};

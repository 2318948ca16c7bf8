import { z } from 'zod';
import { jsonObjectSchema, listOf } from './bounded.ts';
import { mediaProblem } from './media-text.ts';
import { requestObject } from './request-object.ts';

// All far above real use; they bound our loops.
const MAX_MESSAGES = 200_000;
const MAX_TOOLS = 10_000;
/** Tool calls or images in one message. */
const MAX_PER_MESSAGE = 1000;
const MAX_CONTEXT_TOKENS = 1_000_000;

const toolCallSchema = requestObject({
  id: z.string().exactOptional(),
  function: requestObject({
    index: z.number().exactOptional(),
    name: z.string().default(''),
    /** In replies an object. In a history, text that is not a JSON object is kept as it is. */
    arguments: z
      .union([jsonObjectSchema, z.string()], { error: 'arguments must be an object or text' })
      .default({}),
  }),
});

export type ToolCall = z.infer<typeof toolCallSchema>;

const mediumSchema = z.string().superRefine((input, context) => {
  const problem = mediaProblem(input);
  if (problem === undefined) return;
  context.addIssue({ code: 'invalid_format', format: 'base64', input: '', message: problem });
});

export const imagesSchema = listOf(mediumSchema, MAX_PER_MESSAGE);

const messageSchema = requestObject({
  role: z
    .string()
    .default('')
    .transform((role) => role.toLowerCase()),
  content: z.string().default(''),
  thinking: z.string().exactOptional(),
  /** Image or audio files in base64. */
  images: imagesSchema.exactOptional(),
  tool_calls: listOf(toolCallSchema, MAX_PER_MESSAGE).exactOptional(),
  tool_name: z.string().exactOptional(),
  tool_call_id: z.string().exactOptional(),
}).meta({ id: 'RequestMessage' });

export type Message = z.infer<typeof messageSchema> & {
  /** Where the client wrote each image, such as "messages[2].content[1]", if not in `images`. Never on the wire. */
  readonly imagePlaces?: readonly string[];
};

const toolSchema = requestObject({
  type: z.string().default('function'),
  function: requestObject({
    name: z.string(),
    description: z.string().exactOptional(),
    /** A JSON Schema object. */
    parameters: jsonObjectSchema.exactOptional(),
  }),
}).meta({ id: 'Tool' });

export type Tool = z.infer<typeof toolSchema> & {
  /** A message defines the tool, so that the prompt does not begin with it. Never on the wire. */
  readonly isInMessages?: true;
};

export const messagesSchema = listOf(messageSchema, MAX_MESSAGES);
export const toolsSchema = listOf(toolSchema, MAX_TOOLS);
export const contextSchema = listOf(z.int().nonnegative(), MAX_CONTEXT_TOKENS);

/**
 * Present on the last chunk; durations in nanoseconds; zero values are omitted. Extensions are sent only if the request
 * says `verbose_metrics`, because strict clients refuse fields that Ollama does not have.
 */
export interface Metrics {
  total_duration?: number;
  /** Waiting for a slot, for memory and for the load of the model. */
  load_duration?: number;
  /** An extension: the part of `load_duration` during which the model was not being loaded. */
  queue_duration?: number;
  prompt_eval_count?: number;
  /** An extension: how many tokens of `prompt_eval_count` were already in the KV cache. */
  prompt_eval_cached?: number;
  /** An extension: where those were: in a slot of the KV cache, in host memory or on disk. */
  prompt_eval_cached_from?: 'slot' | 'memory' | 'disk';
  prompt_eval_duration?: number;
  eval_count?: number;
  /** An extension: how many tokens of `eval_count` were thinking. */
  eval_thinking_count?: number;
  /** Extensions: drafted tokens, and those of them that the model took. */
  eval_drafted_count?: number;
  eval_draft_taken_count?: number;
  eval_duration?: number;
  /** An extension: the part of `eval_duration` during which the model was thinking. */
  eval_thinking_duration?: number;
}

interface TokenLogprob {
  token: string;
  logprob: number;
  /** UTF-8 bytes of the token. */
  bytes: number[];
}

export interface Logprob extends TokenLogprob {
  top_logprobs?: TokenLogprob[];
}

/** A prompt's first token follows nothing: it has no log probability. */
export interface PromptLogprob extends Omit<Logprob, 'logprob'> {
  logprob: number | null;
}

interface DebugInfo {
  rendered_template: string;
  image_count?: number;
}

/** How much of the prompt is computed, as llama-server reports it. */
interface PromptProgress {
  /** Number of tokens in the prompt. */
  total: number;
  /** Number of tokens taken from the cache. */
  cache: number;
  /** Number of tokens that are ready, those from the cache included. */
  processed: number;
  /** Milliseconds since the prompt began to be computed. */
  time_ms: number;
}

/** What a run waits for before it has its model. */
export interface QueueProgress {
  /** Place among all waiting requests, from 1. */
  position: number;
  /** `memory`: other models must be unloaded first; `load`: the model is being loaded; `slot`: all of its slots are busy. */
  waits_for: 'memory' | 'load' | 'slot';
  /** For `load`: loaded fraction of the weights, 0 to 1. */
  load_fraction?: number;
}

/** The fields that every chunk of a generate or chat run has in addition to its text. */
export interface ChunkFields extends Metrics {
  model: string;
  /** The model's name at the upstream that answers, and the upstream's name or host. */
  remote_model?: string;
  remote_host?: string;
  /** RFC 3339, UTC. */
  created_at: string;
  done: boolean;
  done_reason?: 'stop' | 'length' | 'load' | 'unload';
  /** An extension, for `verbose_metrics`: on the last chunk, the entry of `stop` that ended the answer. */
  stop_sequence?: string;
  /**
   * An extension, for `verbose_metrics`: true on the last chunk when messages or prompt tokens were dropped to fit the
   * context.
   */
  prompt_truncated?: boolean;
  logprobs?: Logprob[];
  /** An extension, for `return_progress`: on chunks of their own, before all others. */
  prompt_progress?: PromptProgress;
  /** An extension, for `return_progress`: on chunks of their own, before those with `prompt_progress`. */
  queue_progress?: QueueProgress;
  _debug_info?: DebugInfo;
}

export interface ModelDetails {
  parent_model: string;
  format: string;
  family: string;
  families: string[] | null;
  /** For example "134.52M". */
  parameter_size: string;
  /** For example "Q4_1". */
  quantization_level: string;
}

/** What only `/api/tags` reports beside the other details; strict clients refuse it elsewhere. */
export interface ModelLengths {
  context_length?: number;
  embedding_length?: number;
}

export type Capability =
  | 'completion'
  | 'tools'
  | 'insert'
  | 'vision'
  | 'embedding'
  | 'thinking'
  | 'audio'
  | 'rerank';

export interface ProgressResponse {
  status: string;
  digest?: string;
  /** Bytes. */
  total?: number;
  /** Bytes. */
  completed?: number;
}

export interface ErrorResponse {
  error: string;
}

/** Requests name their model in `model`; `name` is the older spelling. */
export function requestedModel(request: { model?: string | undefined; name?: string | undefined }): string {
  return request.model || request.name || '';
}

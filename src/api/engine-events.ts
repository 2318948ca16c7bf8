/**
 * GET /api/engine/events (not in Ollama's API): what the engine does, as server-sent events. The data of each is one
 * `EngineEvent`. Times that end in `_at` are milliseconds since 1970 in UTC, with decimals; those that end in `_ms` are
 * milliseconds. Amounts of memory are bytes.
 *
 * The first event is `hello`. A client that reads too slowly misses events and gets `lost` instead. Every `state` is
 * complete, so that nothing but blocks of the timeline and points of the series is missed then.
 */

/** Raised when a field changes its meaning or is removed; new fields and new types of events may come without that. */
export const ENGINE_EVENTS_VERSION = 1;

export type EngineEvent =
  | EngineHello
  | EngineState
  | EngineSteps
  | EnginePrompts
  | EnginePoint
  | {
      readonly type: 'lost' /** Events that this client missed since the last one that it got. */;
      readonly events: number;
    };

/** The first event: all that a page needs to draw at once. */
interface EngineHello {
  readonly type: 'hello';
  readonly version: typeof ENGINE_EVENTS_VERSION;
  /** The clock of the server now. */
  readonly now_at: number;
  /** Seconds that `history` reaches back; a second without a point was idle. */
  readonly history_seconds: number;
  /** Oldest first. */
  readonly history: readonly EnginePoint[];
  readonly state: EngineState;
}

/** What there is at a moment. Sent when it has changed, at most twice a second. */
export interface EngineState {
  readonly type: 'state';
  readonly at: number;
  /** In order of their loads. */
  readonly runners: readonly EngineRunner[];
  /** In the order in which they are served. */
  readonly queue: readonly EngineWait[];
  readonly devices: readonly EngineDevice[];
  /** Saved conversations of all models on disk; absent = not known yet. */
  readonly disk_cache_bytes?: number;
  /** The runs that `runners` and `queue` refer to. */
  readonly runs: readonly EngineRun[];
}

/** A loaded model, or one that is being loaded: one process. */
export interface EngineRunner {
  /** Names the process in all events; never used again. */
  readonly runner: number;
  readonly model: string;
  readonly state: 'loading' | 'ready' | 'stopping';
  /** Fraction of the weights that is loaded, from 0 to 1. */
  readonly load_fraction: number;
  readonly load_started_at: number;
  /** Absent while it loads. */
  readonly loaded_at?: number;
  /** Tokens of each slot. */
  readonly context_length: number;
  /** One for each slot, in order; what they hold is known from the first report of the engine on, 0 before. */
  readonly slots: readonly EngineSlot[];
  /** Where its memory is. While it loads, one part for each device, with the whole estimate as `other_bytes`. */
  readonly memory: readonly EngineMemoryPart[];
  /** Conversations that it keeps in host memory; absent = not known, or none are kept. */
  readonly host_cache?: { readonly bytes: number; readonly conversations: number };
  /** Conversations that it can restore from disk; absent = not known, or none are kept. */
  readonly disk_cache?: { readonly conversations: number };
}

/** One sequence of the KV cache. */
export interface EngineSlot {
  readonly slot: number;
  /** The run that uses it; absent = it is idle. */
  readonly run?: number;
  /** Tokens that it holds; those of an idle slot are ready to be used again. */
  readonly tokens: number;
  /** Of `tokens`, those at its beginning that another slot holds as well. */
  readonly shared_tokens: number;
  /** Tokens of the prompt that it was last used for; 0 = none. */
  readonly prompt_tokens: number;
}

/** What a runner takes on one device. */
export interface EngineMemoryPart {
  /** "system", or the name of a GPU as in `devices`. */
  readonly device: string;
  readonly weights_bytes: number;
  /** The KV cache, and recurrent states. Its parts follow from the tokens of the slots. */
  readonly kv_bytes: number;
  /** The part of `kv_bytes` for tokens of runs, and for tokens of idle slots; the rest is free. */
  readonly kv_held_bytes: number;
  readonly kv_idle_bytes: number;
  readonly compute_bytes: number;
  /** What does not belong to the others, such as the encoder of pictures. */
  readonly other_bytes: number;
}

/** A waiting run. */
export interface EngineWait {
  /** Absent = a request that is not a run, such as one that only loads a model. */
  readonly run?: number;
  /** Counts from 1. */
  readonly position: number;
  readonly model: string;
  readonly priority: number;
  readonly since_at: number;
  /** `memory`: other models must be unloaded first; `load`: the model is being loaded; `slot`: all of its slots are busy. */
  readonly waits_for: 'memory' | 'load' | 'slot';
  /** For `memory`: the models that are being unloaded, or finish their runs before that. */
  readonly unloading?: readonly string[];
}

export interface EngineDevice {
  /** "system", or the name of a GPU. */
  readonly device: string;
  readonly total_bytes: number;
  /** What can be allocated now. */
  readonly free_bytes: number;
}

/**
 * Says whose work something is. What another API key does is shown without its names, except to the scope `admin`. Work
 * for requests that are not runs, such as health checks, has the number 0, which no entry explains.
 */
export interface EngineRun {
  /** Names the run in all events; never used again. */
  readonly run: number;
  readonly kind: 'chat' | 'generate' | 'embed' | 'rerank' | 'tokenize';
  readonly model: string;
  /** The `X-Request-Id` of its reply; absent = another client's. */
  readonly request_id?: string;
  /** Name of its API key; absent = it has none, or another client's. */
  readonly key?: string;
  /** Whether the run belongs to another API key than that of this stream, so that its names are left out. */
  readonly anonymous: boolean;
}

/** What was computed since the event before. At most four times a second, and not while everything is idle. */
export interface EngineSteps {
  readonly type: 'steps';
  /** In order of time for each runner. */
  readonly blocks: readonly EngineBlock[];
  /** The runs that `blocks` refer to. */
  readonly runs: readonly EngineRun[];
}

/** Steps of one runner in a row, of which each began at most 100 ms after the first; a longer one stands alone. */
export interface EngineBlock {
  readonly runner: number;
  readonly started_at: number;
  readonly duration_ms: number;
  /** Calls of the engine. */
  readonly calls: number;
  /** Tokens of all calls, with drafts and padding. */
  readonly tokens: number;
  readonly shares: readonly EngineShare[];
}

/** The part of one run in a block. */
export interface EngineShare {
  readonly run: number;
  readonly slot: number;
  /** Time of the calls that computed parts of its prompt, and of those that computed its answer, for all that shared them. */
  readonly prefill_ms: number;
  readonly decode_ms: number;
  /** Tokens of its prompt that were computed. */
  readonly prefill_tokens: number;
  /** Tokens of its answer, as `eval_count` counts them; those of drafts among them. */
  readonly decode_tokens: number;
  /** Drafted tokens that the model took, and that it refused. */
  readonly draft_taken: number;
  readonly draft_refused: number;
}

/** Prompts that were begun, and where the state of their tokens came from. */
interface EnginePrompts {
  readonly type: 'prompts';
  readonly prompts: readonly EnginePrompt[];
  readonly runs: readonly EngineRun[];
}

/** The four numbers of tokens add up to the prompt. */
export interface EnginePrompt {
  readonly runner: number;
  readonly run: number;
  readonly slot: number;
  readonly at: number;
  /** Tokens whose state a slot of the KV cache held, this one or another. */
  readonly slot_tokens: number;
  readonly memory_tokens: number;
  readonly disk_tokens: number;
  readonly computed_tokens: number;
}

/** One second of the series. It is sent about two seconds later, when all engines have reported. */
export interface EnginePoint {
  readonly type: 'point';
  /** The beginning of the second. */
  readonly at: number;
  /** Those that computed something, or began answers within the last minute. */
  readonly models: readonly EngineModelPoint[];
}

export interface EngineModelPoint {
  readonly model: string;
  /** Tokens in this second, with decimals: of prompts that were computed, and of answers. */
  readonly prefill_tokens: number;
  readonly decode_tokens: number;
  /** Drafted tokens in this second, and those that the model took. */
  readonly drafted_tokens: number;
  readonly draft_taken: number;
  /** Mean number of runs in a call of the engine; absent = no call. */
  readonly batch_runs?: number;
  /** Mean number of tokens in a call of the engine; absent = no call. */
  readonly batch_tokens?: number;
  /** Time between the tokens of an answer, percentiles of this second; absent = there was none. */
  readonly gap_p50_ms?: number;
  readonly gap_p95_ms?: number;
  /** Time from a request to the first token of its answer, percentiles of the last minute; absent = there was none. */
  readonly first_token_p50_ms?: number;
  readonly first_token_p95_ms?: number;
}

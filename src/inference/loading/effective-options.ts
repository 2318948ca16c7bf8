import type { ModelOptions } from '../../api/options/options.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import { samplingOptions } from '../completion/sampling-options.ts';

/** Fewer tokens cannot hold even a template. */
const MIN_CONTEXT_LENGTH = 4;
/** An "endless" completion ends after this many contexts, as in Ollama: nobody may wait for it any more. */
const MAX_CONTEXTS_GENERATED = 10;
/** `num_predict` of a completion that may go on until the context is full. */
const FILL_CONTEXT = -2;

/** All options with a value: what the request, the model and the server say, in this order of precedence. */
export interface EffectiveOptions {
  /** Tokens, clamped to what the model was trained for. */
  readonly contextLength: number;
  /** Neither the request nor the model names one. */
  readonly isDefaultContext: boolean;
  readonly batchSize: number;
  /** -1 = all that there are. */
  readonly gpuLayers: number;
  /** By its place in the list of GPUs. */
  readonly mainGpu: number | undefined;
  /** 0 = the engine chooses. */
  readonly threads: number;
  /** Requests answered at the same time; undefined = automatic. */
  readonly parallel: number | undefined;
  readonly useMmap: boolean;
  readonly useMlock: boolean;
  /** For the model's first adapters; the others have 1. */
  readonly adapterScales: readonly number[];
  readonly sampling: SamplingOptions;
  readonly stop: readonly string[];
  readonly bannedStrings: readonly string[];
  /** GBNF. */
  readonly grammar: string | undefined;
  readonly maxTokens: number;
  /** Tokens at the start that survive a context shift; -1 = the whole prompt. */
  readonly keep: number;
  /** Most tokens guessed ahead; undefined = the engine's limit. */
  readonly draftTokens: number | undefined;
  /** Ends where the context does, instead of dropping old tokens. */
  readonly fillsContext: boolean;
}

export interface OptionSources {
  /** The server's default for `num_ctx`. */
  readonly contextLength: number;
  /** 0 = unknown. */
  readonly trainContextLength: number;
  readonly model: ModelOptions;
  readonly request: ModelOptions;
}

export function effectiveOptions(sources: OptionSources): EffectiveOptions {
  const options: ModelOptions = { ...sources.model, ...sources.request };
  const contextLength = clampContext(options.num_ctx ?? sources.contextLength, sources.trainContextLength);
  const longest = MAX_CONTEXTS_GENERATED * contextLength;
  const wanted = options.num_predict ?? -1;
  return {
    contextLength,
    isDefaultContext: options.num_ctx === undefined,
    batchSize: options.num_batch ?? 512,
    gpuLayers: options.num_gpu ?? -1,
    mainGpu: options.main_gpu,
    threads: options.num_thread ?? 0,
    parallel: options.num_parallel,
    useMmap: options.use_mmap ?? true,
    useMlock: options.use_mlock ?? false,
    adapterScales: options.adapter_scale ?? [],
    sampling: samplingOptions(options),
    stop: withoutEmpty(options.stop),
    bannedStrings: withoutEmpty(options.banned_strings),
    grammar: options.grammar || undefined,
    maxTokens: wanted < 0 ? longest : Math.min(wanted, longest),
    keep: options.num_keep ?? 4,
    draftTokens: options.draft_num_predict,
    fillsContext: wanted === FILL_CONTEXT,
  };
}

function clampContext(wanted: number, trained: number): number {
  const clamped = trained > 0 ? Math.min(wanted, trained) : wanted;
  return Math.max(clamped, MIN_CONTEXT_LENGTH);
}

function withoutEmpty(texts: readonly string[] = []): string[] {
  return texts.filter((text) => text !== '');
}

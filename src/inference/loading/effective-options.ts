import { type ModelOptions, optionValue } from '../../api/options/options.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import { clampContext } from '../../scheduler/load-target.ts';
import { samplingOptions } from '../completion/sampling-options.ts';

/** An "endless" completion ends after this many contexts, as in Ollama: nobody may wait for it any more. */
const MAX_CONTEXTS_GENERATED = 10;
/** `num_predict` of a completion that may go on until the context is full. */
const FILL_CONTEXT = -2;

/** All options with a value: what the request, the model and the server say, in this order of precedence. */
export interface EffectiveOptions {
  /** Tokens, clamped to what the model was trained for. */
  readonly contextLength: number;
  /** Tokens as asked for, whatever the model was trained for. */
  readonly wantedContext: number;
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
  const wantedContext = options.num_ctx ?? sources.contextLength;
  const contextLength = clampContext(wantedContext, sources.trainContextLength);
  const longest = MAX_CONTEXTS_GENERATED * contextLength;
  const wanted = optionValue(options, 'num_predict');
  return {
    contextLength,
    wantedContext,
    isDefaultContext: options.num_ctx === undefined,
    batchSize: optionValue(options, 'num_batch'),
    gpuLayers: optionValue(options, 'num_gpu'),
    mainGpu: options.main_gpu,
    threads: optionValue(options, 'num_thread'),
    parallel: options.num_parallel,
    useMmap: optionValue(options, 'use_mmap'),
    useMlock: optionValue(options, 'use_mlock'),
    adapterScales: optionValue(options, 'adapter_scale'),
    sampling: samplingOptions(options),
    stop: withoutEmpty(optionValue(options, 'stop')),
    bannedStrings: withoutEmpty(optionValue(options, 'banned_strings')),
    grammar: options.grammar || undefined,
    maxTokens: wanted < 0 ? longest : Math.min(wanted, longest),
    keep: optionValue(options, 'num_keep'),
    draftTokens: options.draft_num_predict,
    fillsContext: wanted === FILL_CONTEXT,
  };
}

function withoutEmpty(texts: readonly string[]): string[] {
  return texts.filter((text) => text !== '');
}

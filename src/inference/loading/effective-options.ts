import { type ModelOptions, optionValue } from '../../api/options/options.ts';
import { OllamaError } from '../../base/errors.ts';
import type { TokenLimits } from '../../media/layouts/layout.ts';
import type { SamplingOptions } from '../../protocol/completion.ts';
import { clampContext } from '../../scheduler/load-target.ts';
import { samplingOptions } from '../completion/sampling-options.ts';

/** An "endless" completion ends after this many contexts, as in Ollama, in case its client no longer waits for it. */
const MAX_CONTEXTS_GENERATED = 10;
/** The value of `num_predict` for a completion that may continue until the context is full. */
const FILL_CONTEXT = -2;

/** All options with their values, from the request, the model and the server, in this order of precedence. */
export interface EffectiveOptions {
  /** In tokens, clamped to the training context of the model. */
  readonly contextLength: number;
  /** In tokens, as requested, not clamped to the training context. */
  readonly wantedContext: number;
  /** Whether neither the request nor the model sets the context length. */
  readonly isDefaultContext: boolean;
  readonly batchSize: number;
  /** -1 = as many as fit. */
  readonly gpuLayers: number;
  /** Number of first layers whose experts stay on the CPU; undefined = as few as necessary. */
  readonly expertLayersOnCpu: number | undefined;
  /** Index into the list of GPUs. */
  readonly mainGpu: number | undefined;
  /** 0 = the engine chooses. */
  readonly threads: number;
  /** Number of requests answered at the same time; undefined = automatic. */
  readonly parallel: number | undefined;
  /** undefined = the scheduler decides. */
  readonly useMmap: boolean | undefined;
  readonly useMlock: boolean;
  /** Scales of the model's first adapters; the other adapters have 1. */
  readonly adapterScales: readonly number[];
  readonly sampling: SamplingOptions;
  readonly stop: readonly string[];
  readonly bannedStrings: readonly string[];
  /** A grammar in GBNF. */
  readonly grammar: string | undefined;
  /** Whether JSON that the request demands is written with one blank behind each colon and comma, and no other. */
  readonly fixedSpaces: boolean;
  readonly maxTokens: number;
  /** The limit of the answer that the request or the model sets, in tokens; undefined = none. */
  readonly answerTokens: number | undefined;
  /** Number of tokens at the start that a context shift keeps; -1 = the whole prompt. */
  readonly keep: number;
  /** Maximum number of tokens guessed ahead; undefined = the engine's limit. */
  readonly draftTokens: number | undefined;
  /** Whether the answer must not depend on what else the model computes. */
  readonly isDeterministic: boolean;
  /** Whether text that the grammar leaves no choice about is not sampled. */
  readonly isFastForward: boolean;
  /** Whether the completion ends when the context is full, instead of dropping old tokens. */
  readonly fillsContext: boolean;
  readonly imageTokens: TokenLimits;
}

export interface OptionSources {
  /** The server's default for `num_ctx`. */
  readonly contextLength: number;
  /** The server's default for `deterministic`; absent = false. */
  readonly isDeterministic?: boolean;
  /** 0 = unknown. */
  readonly trainContextLength: number;
  readonly model: ModelOptions;
  readonly request: ModelOptions;
}

export function effectiveOptions(sources: OptionSources): EffectiveOptions {
  const options: ModelOptions = { ...sources.model, ...sources.request };
  const wantedContext = options.num_ctx ?? sources.contextLength;
  const contextLength = clampContext(wantedContext, sources.trainContextLength);
  const wanted = optionValue(options, 'num_predict');
  return {
    contextLength,
    wantedContext,
    isDefaultContext: options.num_ctx === undefined,
    batchSize: optionValue(options, 'num_batch'),
    gpuLayers: optionValue(options, 'num_gpu'),
    expertLayersOnCpu: options.num_cpu_moe,
    mainGpu: options.main_gpu,
    threads: optionValue(options, 'num_thread'),
    parallel: options.num_parallel,
    useMmap: options.use_mmap,
    useMlock: optionValue(options, 'use_mlock'),
    adapterScales: optionValue(options, 'adapter_scale'),
    sampling: samplingOptions(options),
    stop: withoutEmpty(optionValue(options, 'stop')),
    bannedStrings: withoutEmpty(optionValue(options, 'banned_strings')),
    grammar: options.grammar || undefined,
    fixedSpaces: optionValue(options, 'fixed_json_spaces'),
    maxTokens: longestAnswer(wanted < 0 ? undefined : wanted, contextLength),
    answerTokens: wanted < 0 ? undefined : wanted,
    keep: optionValue(options, 'num_keep'),
    draftTokens: options.draft_num_predict,
    isDeterministic: options.deterministic ?? sources.isDeterministic ?? false,
    isFastForward: optionValue(options, 'fast_forward'),
    fillsContext: wanted === FILL_CONTEXT,
    imageTokens: imageTokens(options),
  };
}

/** @throws OllamaError `invalid-request` if no number of tokens is within both limits */
function imageTokens({ image_min_tokens: least, image_max_tokens: most }: ModelOptions): TokenLimits {
  if (least !== undefined && most !== undefined && least > most) {
    const message = `"image_min_tokens" (${least}) is greater than "image_max_tokens" (${most})`;
    throw new OllamaError('invalid-request', message);
  }
  return { ...(least !== undefined && { minTokens: least }), ...(most !== undefined && { maxTokens: most }) };
}

/** The number of tokens after which an answer ends in any case. @param wanted undefined = no limit */
export function longestAnswer(wanted: number | undefined, contextLength: number): number {
  return Math.min(wanted ?? Number.POSITIVE_INFINITY, MAX_CONTEXTS_GENERATED * contextLength);
}

function withoutEmpty(texts: readonly string[]): string[] {
  return texts.filter((text) => text !== '');
}

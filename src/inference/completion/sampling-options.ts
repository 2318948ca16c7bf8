import type { ModelOptions } from '../../api/options/options.ts';
import type { DryOptions, MirostatOptions, SamplingOptions } from '../../protocol/completion.ts';

const UINT32_VALUES = 2 ** 32;
/** What the author of DRY takes, and llama.cpp. */
const dryBreakers = ['\n', ':', '"', '*'];

/** Fills in defaults, and leaves out each sampler that would do nothing. */
export function samplingOptions(options: ModelOptions): SamplingOptions {
  const seed = options.seed ?? -1;
  return {
    temperature: options.temperature ?? 0.8,
    topK: options.top_k ?? 40,
    topP: options.top_p ?? 0.9,
    minP: options.min_p ?? 0,
    typicalP: options.typical_p ?? 1,
    repeatPenalty: options.repeat_penalty ?? 1,
    repeatLastN: options.repeat_last_n ?? 64,
    presencePenalty: options.presence_penalty ?? 0,
    frequencyPenalty: options.frequency_penalty ?? 0,
    seed: seed < 0 ? -1 : seed % UINT32_VALUES,
    ...present('mirostat', mirostat(options)),
    ...present('dry', dry(options)),
    ...present('xtc', xtc(options)),
    ...present('topNSigma', positive(options.top_n_sigma)),
    ...present('dynamicTemperature', dynamicTemperature(options)),
    ...present('logitBias', options.logit_bias?.length ? options.logit_bias : undefined),
    ...present('minTokens', positive(options.min_tokens)),
    ...present('ignoreEos', options.ignore_eos || undefined),
  };
}

function mirostat({ mirostat, mirostat_tau, mirostat_eta }: ModelOptions): MirostatOptions | undefined {
  if (mirostat !== 1 && mirostat !== 2) return undefined;
  return { version: mirostat, tau: mirostat_tau ?? 5, eta: mirostat_eta ?? 0.1 };
}

function dry(options: ModelOptions): DryOptions | undefined {
  const multiplier = positive(options.dry_multiplier);
  const lastN = options.dry_penalty_last_n ?? -1;
  if (multiplier === undefined || lastN === 0) return undefined;
  return {
    multiplier,
    base: options.dry_base ?? 1.75,
    allowedLength: options.dry_allowed_length ?? 2,
    lastN,
    breakers: (options.dry_sequence_breakers ?? dryBreakers).filter((text) => text !== ''),
  };
}

function xtc(options: ModelOptions): SamplingOptions['xtc'] {
  const probability = positive(options.xtc_probability);
  return probability === undefined ? undefined : { probability, threshold: options.xtc_threshold ?? 0.1 };
}

function dynamicTemperature(options: ModelOptions): SamplingOptions['dynamicTemperature'] {
  const range = positive(options.dynatemp_range);
  return range === undefined ? undefined : { range, exponent: options.dynatemp_exponent ?? 1 };
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}

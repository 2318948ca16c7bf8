import { type ModelOptions, optionValue } from '../../api/options/options.ts';
import { foldSeed } from '../../api/options/seed.ts';
import type { DryOptions, MirostatOptions, SamplingOptions } from '../../protocol/completion.ts';

/** Fills in defaults, and leaves out each sampler that would have no effect. */
export function samplingOptions(options: ModelOptions): SamplingOptions {
  return {
    temperature: optionValue(options, 'temperature'),
    topK: optionValue(options, 'top_k'),
    topP: optionValue(options, 'top_p'),
    minP: optionValue(options, 'min_p'),
    typicalP: optionValue(options, 'typical_p'),
    repeatPenalty: optionValue(options, 'repeat_penalty'),
    repeatLastN: optionValue(options, 'repeat_last_n'),
    presencePenalty: optionValue(options, 'presence_penalty'),
    frequencyPenalty: optionValue(options, 'frequency_penalty'),
    seed: foldSeed(optionValue(options, 'seed')),
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

function mirostat(options: ModelOptions): MirostatOptions | undefined {
  const version = optionValue(options, 'mirostat');
  if (version !== 1 && version !== 2) return undefined;
  return {
    version,
    tau: optionValue(options, 'mirostat_tau'),
    eta: optionValue(options, 'mirostat_eta'),
  };
}

function dry(options: ModelOptions): DryOptions | undefined {
  const multiplier = positive(options.dry_multiplier);
  const lastN = optionValue(options, 'dry_penalty_last_n');
  if (multiplier === undefined || lastN === 0) return undefined;
  return {
    multiplier,
    base: optionValue(options, 'dry_base'),
    allowedLength: optionValue(options, 'dry_allowed_length'),
    lastN,
    breakers: optionValue(options, 'dry_sequence_breakers').filter((text) => text !== ''),
  };
}

function xtc(options: ModelOptions): SamplingOptions['xtc'] {
  const probability = positive(options.xtc_probability);
  return probability === undefined
    ? undefined
    : { probability, threshold: optionValue(options, 'xtc_threshold') };
}

function dynamicTemperature(options: ModelOptions): SamplingOptions['dynamicTemperature'] {
  const range = positive(options.dynatemp_range);
  return range === undefined ? undefined : { range, exponent: optionValue(options, 'dynatemp_exponent') };
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}

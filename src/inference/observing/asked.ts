import type { GenerateRequest } from '../../api/generate.ts';
import type { RunAsked } from '../../runs/run-record.ts';
import type { Caller } from '../caller.ts';
import type { EffectiveOptions } from '../loading/effective-options.ts';

/** What a run is asked for, with the values of the options as they take effect. */
export function askedOf(
  { sampling, stop, answerTokens }: Pick<EffectiveOptions, 'sampling' | 'stop' | 'answerTokens'>,
  { stream, format }: Pick<GenerateRequest, 'stream' | 'format'>,
  { origin }: Pick<Caller, 'origin'>,
): RunAsked {
  const isStream = origin?.isStream ?? stream;
  const { temperature, topP, topK, seed, frequencyPenalty, presencePenalty } = sampling;
  return {
    temperature,
    topP,
    topK,
    seed,
    frequencyPenalty,
    presencePenalty,
    ...(stop.length > 0 && { stop }),
    ...(answerTokens !== undefined && { maxTokens: answerTokens }),
    ...(isStream !== undefined && { stream: isStream }),
    ...(format && { outputType: 'json' }),
  };
}

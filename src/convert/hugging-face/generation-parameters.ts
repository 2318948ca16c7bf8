import type { JsonObject } from '../../base/json-object.ts';

/** Settings of generation_config.json, and the parameters of a Modelfile that mean the same. */
const parameterNames: readonly (readonly [name: string, parameter: string])[] = [
  ['temperature', 'temperature'],
  ['top_k', 'top_k'],
  ['top_p', 'top_p'],
  ['min_p', 'min_p'],
  ['typical_p', 'typical_p'],
  ['repetition_penalty', 'repeat_penalty'],
];

/**
 * Parameters that the authors of a model suggest. A file that says "do_sample": false is meant for the likeliest token and
 * suggests nothing; one that does not mention it counts as sampling, because its values would be pointless otherwise. What
 * is no number is skipped; whoever uses the parameters checks their range.
 */
export function generationParameters(settings: JsonObject | undefined): Readonly<Record<string, number>> {
  if (!settings || settings.do_sample === false) return {};
  const parameters: Record<string, number> = {};
  for (const [name, parameter] of parameterNames) {
    const value = settings[name];
    if (typeof value === 'number' && Number.isFinite(value)) parameters[parameter] = value;
  }
  return parameters;
}

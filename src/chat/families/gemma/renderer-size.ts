/** Parameters from which on a model is one of the large ones; the smallest of these has 12 billion. */
const LARGE_PARAMETER_COUNT = 12e9;

/**
 * `gemma4` stands for two renderers: prompts of large models contain an empty thought where those of small models do not.
 * The name of the model decides, otherwise the number of parameters.
 */
export function sizedRenderer(renderer: string, model: { name: string; parameterCount: number }): string {
  if (renderer !== 'gemma4') return renderer;
  const name = model.name.toLowerCase();
  if (/e[24]b/.test(name)) return 'gemma4-small';
  if (/12b|26b|31b/.test(name)) return 'gemma4-large';
  return model.parameterCount >= LARGE_PARAMETER_COUNT ? 'gemma4-large' : 'gemma4-small';
}

/** Models from here on are the large ones, of which the smallest is the 12B. */
const LARGE_PARAMETER_COUNT = 12e9;

/**
 * `gemma4` stands for two renderers: large models write an empty thought where small ones write none. The name tells,
 * else the number of parameters.
 */
export function sizedRenderer(renderer: string, model: { name: string; parameterCount: number }): string {
  if (renderer !== 'gemma4') return renderer;
  const name = model.name.toLowerCase();
  if (/e[24]b/.test(name)) return 'gemma4-small';
  if (/12b|26b|31b/.test(name)) return 'gemma4-large';
  return model.parameterCount >= LARGE_PARAMETER_COUNT ? 'gemma4-large' : 'gemma4-small';
}

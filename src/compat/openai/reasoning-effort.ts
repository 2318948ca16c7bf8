import type { Think } from '../../api/think.ts';

/** Undefined leaves the decision to the model, as an absent field does. */
const levels: Readonly<Record<string, Think | undefined>> = {
  none: false,
  off: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  max: 'max',
  xhigh: 'max',
  ultra: 'max',
  '': undefined,
  auto: undefined,
  default: undefined,
};

/** What a word for the reasoning effort asks for. `isKnown` is false for a word that has no meaning here. */
export function readEffort(word: string): { readonly isKnown: boolean; readonly think?: Think } {
  const name = word.trim().toLowerCase();
  if (!Object.hasOwn(levels, name)) return { isKnown: false };
  const think = levels[name];
  return { isKnown: true, ...(think !== undefined && { think }) };
}

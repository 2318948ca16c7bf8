import { z } from 'zod';
import type { Think } from '../../api/think.ts';

const levels = {
  none: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  max: 'max',
  xhigh: 'max',
  ultra: 'max',
} as const satisfies Record<string, Think>;

type Effort = keyof typeof levels;

/** OpenAI's names for the reasoning effort, unconverted. */
export const effortWordSchema = z.string().transform((word, context): Effort => {
  if (isEffort(word)) return word;
  const known = Object.keys(levels).join(', ');
  context.addIssue({ code: 'custom', message: `invalid reasoning effort "${word}": use one of ${known}` });
  return z.NEVER;
});

/** The reasoning effort converted to `think` of the native API. */
export const effortSchema = effortWordSchema.transform(thinkOf);

export function thinkOf(effort: Effort): Think {
  return levels[effort];
}

function isEffort(word: string): word is Effort {
  return Object.hasOwn(levels, word);
}

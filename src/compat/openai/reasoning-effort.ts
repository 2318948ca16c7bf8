import { z } from 'zod';
import type { Think } from '../../api/think.ts';

const levels: Readonly<Record<string, Think>> = {
  none: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  max: 'max',
  xhigh: 'max',
  ultra: 'max',
};

/** OpenAI's words for how much to think. */
export const effortSchema = z.string().transform((word, context): Think => {
  const level = Object.hasOwn(levels, word) ? levels[word] : undefined;
  if (level !== undefined) return level;
  const known = Object.keys(levels).join(', ');
  context.addIssue({ code: 'custom', message: `invalid reasoning effort "${word}": use one of ${known}` });
  return z.NEVER;
});

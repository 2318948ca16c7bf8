import type { Think } from '../../api/think.ts';

export const THINK_LEVELS = ['high', 'medium', 'low', 'max'] as const satisfies readonly Think[];

export function isThinkLevel(text: string): text is (typeof THINK_LEVELS)[number] {
  return THINK_LEVELS.some((level) => level === text);
}

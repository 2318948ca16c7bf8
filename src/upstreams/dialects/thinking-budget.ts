import type { Think } from '../../api/think.ts';

/** Tokens of thinking for the native levels. */
const budgets = { low: 2048, medium: 8192, high: 16_384, max: 32_768 } as const;

/** The number of thinking tokens that a request wants; undefined = no thinking. */
export function thinkingBudget(think: Think | undefined, budget: number | undefined): number | undefined {
  if (think === undefined || think === false) return undefined;
  return budget ?? budgets[think === true ? 'medium' : think];
}

import type { Metrics } from '../../api/common.ts';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
  completion_tokens_details: { reasoning_tokens: number };
}

/** Sums the usage of several answers to one prompt; the prompt counts once. */
export function usageOf(lasts: readonly Metrics[]): Usage {
  return usageOfPrompts([lasts]);
}

/** Sums the usage of several prompts and their answers; each prompt counts once. */
export function usageOfPrompts(prompts: readonly (readonly Metrics[])[]): Usage {
  const lasts = prompts.flat();
  const sum = (count: (metrics: Metrics) => number | undefined) =>
    lasts.reduce((total, metrics) => total + (count(metrics) ?? 0), 0);
  const oncePerPrompt = (count: (metrics: Metrics) => number | undefined) =>
    prompts.reduce((total, [first]) => total + ((first && count(first)) ?? 0), 0);
  const prompt = oncePerPrompt((metrics) => metrics.prompt_eval_count);
  const cached = oncePerPrompt((metrics) => metrics.prompt_eval_cached);
  const completion = sum((metrics) => metrics.eval_count);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: sum((metrics) => metrics.eval_thinking_count) },
  };
}

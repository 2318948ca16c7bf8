import { expect, it } from 'vitest';
import { metricsOf } from './metrics.ts';

const timings = {
  ...{ promptTokens: 10, cachedTokens: 4, cachedFrom: 'disk' as const, promptNanoseconds: 20 },
  ...{ draftedTokens: 5, acceptedTokens: 3, completionTokens: 9, thinkingTokens: 2 },
  ...{ thinkingNanoseconds: 30, completionNanoseconds: 90 },
};
const times = { totalMilliseconds: 1, loadNanoseconds: 70, queueNanoseconds: 50, timings };
const plain = {
  ...{ total_duration: 1e6, load_duration: 70, prompt_eval_count: 10, prompt_eval_duration: 20 },
  ...{ eval_count: 9, eval_duration: 90 },
};

it('tells where the time went only if that is asked for', () => {
  expect(metricsOf({ ...times, isVerbose: false })).toEqual(plain);
  expect(metricsOf({ ...times, isVerbose: true })).toEqual({
    ...plain,
    ...{ queue_duration: 50, prompt_eval_cached: 4, prompt_eval_cached_from: 'disk' },
    ...{ eval_thinking_count: 2, eval_thinking_duration: 30 },
    ...{ eval_drafted_count: 5, eval_draft_taken_count: 3 },
  });
});

it('names no source of a prompt of which nothing was cached', () => {
  const fresh = { ...timings, cachedTokens: 0 };
  const metrics = metricsOf({ ...times, timings: fresh, isVerbose: true });
  expect(metrics).not.toHaveProperty('prompt_eval_cached_from');
});

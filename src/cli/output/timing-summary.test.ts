import { expect, it } from 'vitest';
import { timingSummary } from './timing-summary.ts';

it('prints durations, counts and rates in columns', () => {
  const summary = timingSummary({
    total_duration: 2_965_624_349,
    load_duration: 326_421_133,
    prompt_eval_count: 39,
    prompt_eval_duration: 130_000_000,
    eval_count: 112,
    eval_duration: 2_000_000_000,
  });
  expect(summary).toBe(`total duration:       2.965624349s
load duration:        326.421133ms
prompt eval count:    39 token(s)
prompt eval duration: 130ms
prompt eval rate:     300.00 tokens/s
eval count:           112 token(s)
eval duration:        2s
eval rate:            56.00 tokens/s
`);
});

it('omits values of zero', () => {
  expect(timingSummary({ total_duration: 1_000_000, eval_count: 0, prompt_eval_count: 3 })).toBe(
    'total duration:       1ms\nprompt eval count:    3 token(s)\n',
  );
});

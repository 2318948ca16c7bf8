import { expect, it } from 'vitest';
import { answerRate, firstTokenTime, promptTokens, timeParts } from './answer-time.ts';

const SECOND = 1e9;
const full = {
  total_duration: 10 * SECOND,
  load_duration: 3 * SECOND,
  queue_duration: 1 * SECOND,
  prompt_eval_count: 332,
  prompt_eval_cached: 320,
  prompt_eval_duration: 0.5 * SECOND,
  eval_count: 300,
  eval_duration: 6 * SECOND,
  eval_thinking_duration: 4 * SECOND,
};

it('divides the whole time into parts that add up to it', () => {
  const parts = timeParts(full);
  expect(parts.map(({ kind, amount }) => [kind, amount / SECOND])).toEqual([
    ['queue', 1],
    ['load', 2],
    ['prompt', 0.5],
    ['thinking', 4],
    ['answer', 2],
    ['rest', 0.5],
  ]);
  expect(parts.reduce((sum, { amount }) => sum + amount, 0)).toBe(full.total_duration);
});

it('leaves out what took no time, also when a server sends less or sums that do not agree', () => {
  expect(timeParts({ total_duration: 5, eval_duration: 5 }).map(({ kind }) => kind)).toEqual(['answer']);
  expect(timeParts({})).toEqual([]);
  const odd = timeParts({
    total_duration: 1,
    load_duration: 2,
    queue_duration: 9,
    eval_thinking_duration: 9,
  });
  expect(odd).toEqual([{ kind: 'queue', amount: 2 }]);
});

it('takes the time to the first token as the page saw it, or as the server measured', () => {
  expect(firstTokenTime({ ...full, first_text_ms: 3600 })).toBe(3.6 * SECOND);
  expect(firstTokenTime(full)).toBe(3.5 * SECOND);
  expect(firstTokenTime({})).toBeUndefined();
});

it('knows the speed, and which tokens of the prompt were computed', () => {
  expect(answerRate(full)).toBe(50);
  expect(answerRate({ eval_count: 3 })).toBeUndefined();
  expect(promptTokens(full)).toEqual({ cached: 320, computed: 12 });
  expect(promptTokens({ prompt_eval_count: 2, prompt_eval_cached: 5 })).toEqual({ cached: 2, computed: 0 });
});

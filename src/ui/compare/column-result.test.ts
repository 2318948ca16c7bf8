import { expect, it } from 'vitest';
import type { ChatResponse } from '../../api/chat.ts';
import { type ColumnResult, waitingResult, withChunk } from './column-result.ts';

const chunk = (fields: Partial<ChatResponse>): ChatResponse => ({
  model: 'm',
  created_at: '2026-01-01T00:00:00Z',
  message: { role: 'assistant', content: '' },
  done: false,
  ...fields,
});
const message = (content: string, thinking = '') => ({
  message: { role: 'assistant', content, ...(thinking !== '' && { thinking }) },
});

it('a column shows the prompt, then thinking and text, and figures at the end', () => {
  const steps: [Partial<ChatResponse>, Partial<ColumnResult>][] = [
    [
      { prompt_progress: { total: 9, cache: 1, processed: 4, time_ms: 2 } },
      { state: 'waiting', prompt: { ready: 4, all: 9 } },
    ],
    [message('', 'Hm'), { state: 'answering', thinking: 'Hm', text: '', firstToken: 200 }],
    [message('Hello'), { state: 'answering', text: 'Hello', firstToken: 200 }],
    [message(' there'), { text: 'Hello there', firstToken: 200 }],
    [
      {
        done: true,
        done_reason: 'length',
        eval_count: 30,
        eval_duration: 2e9,
        prompt_eval_count: 9,
        total_duration: 3e9,
      },
      {
        state: 'done',
        text: 'Hello there',
        figures: { promptTokens: 9, tokens: 30, tokensPerSecond: 15, total: 3e9, reason: 'length' },
      },
    ],
  ];
  let result = waitingResult;
  for (const [index, [fields, expected]] of steps.entries()) {
    result = withChunk(result, chunk(fields), 100 * (index + 1));
    expect(result).toMatchObject(expected);
  }
});

it('an empty answer has no first token and no speed', () => {
  const result = withChunk(waitingResult, chunk({ done: true, done_reason: 'stop' }), 100);
  expect(result.firstToken).toBe(undefined);
  expect(result.figures?.tokensPerSecond).toBe(undefined);
});

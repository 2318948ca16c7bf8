import { describe, expect, it } from 'vitest';
import type { ChatResponse } from '../../api/chat.ts';
import { AnswerFold } from './answer-fold.ts';
import type { ChatMessage } from './chat-message.ts';

const empty: ChatMessage = {
  id: 'a',
  parent: 'u',
  role: 'assistant',
  created_at: '',
  content: '',
  state: 'streaming',
};

function chunk(fields: Partial<ChatResponse>, said: Partial<ChatResponse['message']> = {}): ChatResponse {
  const message = { role: 'assistant', content: '', ...said };
  return { model: 'm', created_at: '', done: false, ...fields, message };
}

describe('AnswerFold', () => {
  it('says what a request waits for before its text', () => {
    const fold = new AnswerFold(empty, 0);
    expect(fold.progress).toEqual({ phase: 'waiting' });
    fold.push(chunk({ queue_progress: { position: 2, waits_for: 'slot' } }), 1);
    expect(fold.progress).toEqual({ phase: 'waiting', position: 2, reason: 'slot' });
    fold.push(chunk({ queue_progress: { position: 1, waits_for: 'load', load_fraction: 0.45 } }), 2);
    expect(fold.progress).toEqual({ phase: 'loading', fraction: 0.45 });
    fold.push(chunk({ prompt_progress: { total: 100, cache: 0, processed: 25, time_ms: 1 } }), 3);
    expect(fold.progress).toEqual({ phase: 'prompt', fraction: 0.25 });
    fold.push(chunk({}, { thinking: 'hm' }), 4);
    expect(fold.progress).toEqual({ phase: 'thinking' });
    fold.push(chunk({}, { content: 'So' }), 5);
    expect(fold.progress).toEqual({ phase: 'answer' });
  });

  it('puts text, thinking, calls and figures together', () => {
    const fold = new AnswerFold(empty, 100);
    const call = { function: { name: 'f', arguments: {} } };
    fold.push(chunk({}, { thinking: 'h' }), 400);
    fold.push(chunk({}, { thinking: 'm' }), 500);
    fold.push(chunk({}, { content: 'So ' }), 900);
    fold.push(chunk({}, { content: 'be it.', tool_calls: [call] }), 950);
    expect(fold.isDone).toBe(false);
    fold.push(chunk({ done: true, done_reason: 'stop', eval_count: 7 }), 1000);
    expect(fold.isDone).toBe(true);
    expect(fold.message(5000)).toEqual({
      ...empty,
      content: 'So be it.',
      thinking: 'hm',
      thinking_ms: 500,
      tool_calls: [call],
      done_reason: 'stop',
      timing: { eval_count: 7, total_ms: 900, first_text_ms: 300 },
    });
  });

  it('goes on with what there is', () => {
    const begun = { ...empty, content: 'One, ', thinking: 'x', thinking_ms: 40 };
    const fold = new AnswerFold(begun, 0);
    fold.push(chunk({}, { content: 'two' }), 10);
    expect(fold.message(20)).toMatchObject({ content: 'One, two', thinking: 'x', thinking_ms: 40 });
  });
});

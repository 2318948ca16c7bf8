import { describe, expect, it } from 'vitest';
import type { Message } from '../../api/common.ts';
import { PlainFormat } from './plain-format.ts';

const user = (content: string): Message => ({ role: 'user', content });
const render = (messages: Message[]) =>
  new PlainFormat().render({ messages, tools: [], think: undefined, bosToken: '', eosToken: '' });

describe('PlainFormat', () => {
  it('passes a single user message on', () => {
    expect(render([user('Once upon a time')])).toBe('Once upon a time');
  });

  it('labels the messages of a conversation, and stops before the model speaks for the user', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      user('hi'),
      { role: 'assistant', content: 'hello' },
      user('bye'),
    ];
    expect(render(messages)).toBe('Be brief.\n\nUser: hi\n\nAssistant: hello\n\nUser: bye\n\nAssistant:');
    expect(new PlainFormat().stop(messages)).toEqual(['\nUser:']);
    expect(new PlainFormat().stop([user('hi')])).toEqual([]);
  });

  it('lets the model continue a message of the assistant', () => {
    const messages = [user('count'), { role: 'assistant', content: 'one,' }];
    expect(render(messages)).toBe('User: count\n\nAssistant: one,');
  });
});

import { describe, expect, it } from 'vitest';
import type { TagsModel } from '../../api/tags.ts';
import type { Attachment, ChatMessage } from '../chats/chat-message.ts';
import { decodeText, kindOf, languageOf } from './attachment-kinds.ts';
import { contextUse, estimatedTokens } from './context-use.ts';
import { mediaProblem } from './media-check.ts';
import { textWithAttachments, wireMessage } from './message-text.ts';

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const file = (kind: Attachment['kind'], rest: Partial<Attachment>): Attachment => ({
  ...{ id: 'a', kind, name: 'a.txt', type: 'text/plain', size: 1 },
  ...rest,
});

describe('kindOf', () => {
  it.each([
    ['%PDF-1.7', 'x', 'pdf'],
    ['\u0089PNG\r\n\u001a\n', 'x.txt', 'image'],
    ['RIFF....WEBP', '', 'image'],
    ['RIFF....WAVE', '', 'audio'],
    ['ID3', '', 'audio'],
    ['BMW is a car', 'cars.txt', 'text'],
    ['', 'empty.png', 'text'],
  ])('looks at the first bytes %j of %s', (first, name, kind) => {
    expect(kindOf(bytes(first), name).kind).toBe(kind);
  });
});

describe('decodeText', () => {
  it('reads UTF-8 with and without a mark, and UTF-16 with one', () => {
    expect(decodeText(new TextEncoder().encode('ü\r\n'))).toBe('ü\n');
    expect(decodeText(bytes('\u00ef\u00bb\u00bfa'))).toBe('a');
    expect(decodeText(bytes('\u00ff\u00fea\u0000'))).toBe('a');
    expect(decodeText(bytes('\u00fe\u00ff\u0000a'))).toBe('a');
  });

  it('refuses what is not text', () => {
    expect(decodeText(bytes('a\u0000b'))).toBeUndefined();
    expect(decodeText(bytes('\u00e9t\u00e9'))).toBeUndefined();
  });
});

describe('the text of a message', () => {
  it('begins with its files, in fences that nothing in them ends', () => {
    const text = textWithAttachments('Why?', [
      file('text', { name: 'a.py', text: 'x = 1\n' }),
      file('text', { name: 'b`\n.md', text: '````\ncode\n````' }),
    ]);
    expect(text).toBe(
      'a.py:\n```python\nx = 1\n```\n\nb  .md:\n`````markdown\n````\ncode\n````\n`````\n\nWhy?',
    );
  });

  it('is the typed text when there are no files, even if it is empty', () => {
    expect([textWithAttachments('a'), textWithAttachments('')]).toEqual(['a', '']);
  });

  it('travels with pictures and tool calls, and without what only the page knows', () => {
    const message: ChatMessage = {
      ...{ id: '1', parent: null, role: 'user', created_at: '', content: 'see', state: 'done' },
      attachments: [file('image', { data: 'AAAA' })],
      tool_calls: [],
    };
    expect(wireMessage(message)).toEqual({ role: 'user', content: 'see', images: ['AAAA'] });
  });

  it('knows languages by the ends of names', () => {
    expect([languageOf('A.TS'), languageOf('Makefile'), languageOf('x.unknown')]).toEqual(['ts', '', '']);
  });
});

describe('mediaProblem', () => {
  const model = (name: string, ...capabilities: string[]) => ({ name, capabilities }) as unknown as TagsModel;
  const models = [
    model('text', 'completion'),
    model('eyes', 'completion', 'vision'),
    { name: 'old' } as TagsModel,
  ];

  it('names models that take what the chosen one does not', () => {
    expect(mediaProblem([file('image', {})], 'text', models)).toEqual({ medium: 'image', models: ['eyes'] });
    expect(mediaProblem([file('audio', {})], 'eyes', models)).toEqual({ medium: 'audio', models: [] });
  });

  it('has nothing against texts, and judges no model whose capabilities are unknown', () => {
    expect(mediaProblem([file('text', {})], 'text', models)).toBeUndefined();
    expect(mediaProblem([file('image', {})], 'eyes', models)).toBeUndefined();
    expect(mediaProblem([file('image', {})], 'old', models)).toBeUndefined();
    expect(mediaProblem([file('image', {})], 'absent', models)).toBeUndefined();
  });
});

describe('contextUse', () => {
  const message = (id: string, role: ChatMessage['role'], content: string, rest: Partial<ChatMessage> = {}) =>
    ({ id, parent: null, role, created_at: '', content, ...rest }) as ChatMessage;
  const counted = (prompt: number, answer: number, thinking = 0) => ({
    timing: { prompt_eval_count: prompt, eval_count: answer, eval_thinking_count: thinking },
  });

  it('is what the last answer counted, without its thinking', () => {
    const messages = [message('1', 'user', 'a'), message('2', 'assistant', 'b', counted(100, 60, 50))];
    const use = contextUse({ messages, system: '', draft: 0, limit: 4096 });
    expect(use).toEqual({ used: 110, limit: 4096, isEstimate: false, dropped: [] });
  });

  it('is an estimate as soon as something was not counted', () => {
    const messages = [message('1', 'user', 'a'), message('2', 'assistant', 'b', counted(100, 10))];
    expect(contextUse({ messages, system: '', draft: 7, limit: undefined })).toEqual({
      ...{ used: 117, limit: undefined, isEstimate: true, dropped: [] },
    });
    const unanswered = contextUse({
      messages: [...messages, message('3', 'user', 'c')],
      system: '',
      draft: 0,
      limit: 1e4,
    });
    expect(unanswered.isEstimate).toBe(true);
    expect(unanswered.used).toBeGreaterThan(110);
  });

  it('drops the oldest turns whole, and neither system messages nor the last message', () => {
    const text = 'x'.repeat(400);
    const messages = [
      message('s', 'system', text),
      ...['1', '2', '3'].flatMap((turn) => [
        message(`u${turn}`, 'user', text),
        message(`a${turn}`, 'assistant', text),
      ]),
    ];
    expect(contextUse({ messages, system: '', draft: 100, limit: 700 }).dropped).toEqual(['u1', 'a1']);
    expect(contextUse({ messages, system: '', draft: 100, limit: 50 }).dropped).toEqual([
      'u1',
      'a1',
      'u2',
      'a2',
      'u3',
      'a3',
    ]);
    expect(contextUse({ messages: messages.slice(0, 2), system: '', draft: 0, limit: 50 }).dropped).toEqual(
      [],
    );
  });

  it('counts wide characters as tokens of their own', () => {
    expect(estimatedTokens('你好世界')).toBe(4);
    expect(estimatedTokens('word word word!!')).toBe(4);
    expect(estimatedTokens('a'.repeat(1_000_000))).toBe(250_000);
  });
});

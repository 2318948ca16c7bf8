import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import type { Message } from '../api/common.ts';
import { dropBefore, fitMessages, likelyKept, possibleStarts } from './context-budget.ts';

/** Messages from the initials of their roles, such as "s u a u". */
const conversation = (roles: string): Message[] =>
  roles.split(' ').map((letter, index) => ({
    role: { s: 'system', u: 'user', a: 'assistant', t: 'tool' }[letter] ?? letter,
    content: `${letter}${index}`,
  }));
const contents = (messages: readonly Message[]) => messages.map((message) => message.content).join(' ');

const fitTo = async (messages: Message[], limit: number) => {
  let builds = 0;
  const build = async (kept: Message[]) => {
    builds += 1;
    return { characters: contents(kept).length, tokens: kept.length };
  };
  const fitted = await fitMessages(messages, build, limit);
  return { kept: contents(fitted.messages), dropped: fitted.dropped, builds };
};

describe('fitMessages', () => {
  it('drops nothing if everything fits, and builds once', async () => {
    expect(await fitTo(conversation('s u a u'), 4)).toEqual({ kept: 's0 u1 a2 u3', dropped: 0, builds: 1 });
  });

  it('drops whole turns, oldest first, but never system messages or the last message', async () => {
    expect(await fitTo(conversation('s u a u a s u a u'), 5)).toEqual({
      kept: 's0 s5 u6 a7 u8',
      dropped: 4,
      builds: expect.any(Number),
    });
    expect((await fitTo(conversation('s u a u a u'), 3)).kept).toBe('s0 u5');
    expect((await fitTo(conversation('s u a u a u'), 1)).kept).toBe('s0 u5');
  });

  it('shortens a long last turn at calls of the assistant, not at their results', async () => {
    expect((await fitTo(conversation('u a u a t a t a t'), 5)).kept).toBe('a5 t6 a7 t8');
  });

  it('builds few prompts for many turns', async () => {
    const { builds, kept } = await fitTo(conversation(`${'u a '.repeat(5000)}u`), 101);
    expect(kept.split(' ')).toHaveLength(101);
    expect(builds).toBeLessThan(20);
  });

  it('renders only as much as the context holds, a few times over, however long the conversation is', async () => {
    const messages: Message[] = Array.from({ length: 100_001 }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: `message ${index} `.repeat(1 + (index % 7)),
    }));
    let rendered = 0;
    const build = async (kept: Message[]) => {
      const characters = contents(kept).length;
      rendered += characters;
      return { characters, tokens: Math.ceil(characters / 3.7) };
    };
    const { prompt } = await fitMessages(messages, build, 4000);
    expect(prompt.tokens).toBeGreaterThan(3900);
    expect(prompt.tokens).toBeLessThanOrEqual(4000);
    expect(rendered).toBeLessThan(8 * 4000 * 3.7);
  });

  it('finds the same messages as trying every start, whatever the tokens of each message', async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 300; round++) {
      const length = 1 + Math.floor(random() * 30);
      const messages: Message[] = Array.from({ length }, () => ({
        role: ['user', 'assistant', 'system', 'tool'][Math.floor(random() * 4)] ?? '',
        content: 'x'.repeat(Math.floor(random() ** 3 * 200)),
      }));
      const weights = new Map(messages.map((message) => [message, Math.ceil(random() ** 4 * 100)]));
      const tokensOf = (kept: readonly Message[]) =>
        kept.reduce((sum, message) => sum + (weights.get(message) ?? 0), 5);
      const limit = Math.floor(random() * tokensOf(messages) * 1.2);
      const fitted = await fitMessages(
        messages,
        async (kept) => ({ characters: contents(kept).length, tokens: tokensOf(kept) }),
        limit,
      );
      const candidates = possibleStarts(messages).map((start) => dropBefore(messages, start));
      const expected = candidates.find((kept) => tokensOf(kept) <= limit) ?? candidates.at(-1);
      expect(fitted.messages).toEqual(expected);
    }
  });
});

describe('possibleStarts and dropBefore', () => {
  it('drops nothing from a single message', () => {
    expect(possibleStarts(conversation('u'))).toEqual([0]);
  });

  it('keeps system messages in their place', () => {
    expect(contents(dropBefore(conversation('u s a u'), 3))).toBe('s1 u3');
  });
});

describe('likelyKept', () => {
  const said = (characters: number, images: string[] = []) => ({
    role: 'user',
    content: 'x'.repeat(characters),
    images,
  });

  it('keeps the messages at the end that have room, and the last one in any case', () => {
    const messages = [said(600), said(300), said(300)];
    expect(likelyKept(messages, 1000)).toEqual(messages);
    expect(likelyKept(messages, 120)).toEqual(messages.slice(1));
    expect(likelyKept(messages, 60)).toEqual(messages.slice(2));
    expect(likelyKept(messages, 1)).toEqual(messages.slice(2));
    expect(likelyKept([], 100)).toEqual([]);
  });

  it('counts pictures', () => {
    const messages = [said(10, ['a']), said(10, ['b'])];
    expect(likelyKept(messages, 800)).toEqual(messages.slice(1));
    expect(likelyKept(messages, 2000)).toEqual(messages);
  });
});

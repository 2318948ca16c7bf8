import { describe, expect, it } from 'vitest';
import { type ChatHit, ChatSearch, MAX_HITS, type SearchedMessage } from './chat-search.ts';
import { nameScore, queryWords, snippetOf } from './match.ts';
import { rankedItems, steppedIndex } from './palette-items.ts';

describe('names', () => {
  it('match when all words occur, whatever their case and accents', () => {
    expect(nameScore('Über das Écrire', queryWords('uber ECRI'))).toBeGreaterThan(0);
    expect(nameScore('Chat', queryWords('chat models'))).toBe(0);
  });

  it('match better at their beginning than in the middle, and when they are short', () => {
    const score = (name: string) => nameScore(name, queryWords('mod'));
    const ranked = ['Remodel', 'Open models', 'Models of all', 'Models'].map(
      (name) => [score(name), name] as const,
    );
    expect([...ranked].sort(([a], [b]) => a - b)).toEqual(ranked);
  });
});

describe('snippetOf', () => {
  it('is one line around the match', () => {
    const text = `${'a '.repeat(50)}\nthe Needle\nis here`;
    expect(snippetOf(text, 'needle')).toEqual({
      before: `… ${'a '.repeat(12)}the `,
      match: 'Needle',
      after: ' is here',
    });
  });

  it('is the beginning where the place of the match is unknown', () => {
    expect(snippetOf('é x', 'e')).toEqual({ before: 'é x', match: '', after: '' });
  });
});

function searchOver(texts: Readonly<Record<string, readonly string[]>>, step = 0) {
  const reads: string[] = [];
  let [time, pauses] = [0, 0];
  const search = new ChatSearch({
    read: async (chat): Promise<readonly SearchedMessage[]> => {
      reads.push(chat);
      return (texts[chat] ?? []).map((text, index) => ({ id: `${chat}${index}`, text }));
    },
    now: () => {
      time += step;
      return time;
    },
    pause: async () => {
      pauses += 1;
    },
  });
  const chats = Object.keys(texts).map((id) => ({ id, title: id, updated_at: '1' }));
  const find = async (query: string, signal = new AbortController().signal, all = chats) => {
    const hits: ChatHit[] = [];
    for await (const hit of search.search(query, all, signal)) hits.push(hit);
    return hits.map(({ message }) => message);
  };
  return { find, reads, chats, pauses: () => pauses };
}

describe('ChatSearch', () => {
  it('finds messages with all words', async () => {
    const { find } = searchOver({ a: ['red apple', 'green'], b: ['apple is RED'] });
    expect(await find('apple red')).toEqual(['a0', 'b0']);
    expect(await find('blue')).toEqual([]);
    expect(await find('  ')).toEqual([]);
  });

  it('reads a chat again only after it changed', async () => {
    const { find, reads, chats } = searchOver({ a: ['x'], b: ['x'] });
    await find('x');
    await find('x');
    expect(reads).toEqual(['a', 'b']);
    await find('x', undefined, [{ ...chats[0], id: 'a', title: '', updated_at: '2' }]);
    expect(reads).toEqual(['a', 'b', 'a']);
  });

  it('lets the browser draw between slices', async () => {
    const { find, pauses } = searchOver({ a: Array<string>(100).fill('x') }, 1);
    await find('none');
    // Two looks at each message, of a millisecond each, in slices of eight.
    expect(pauses()).toBeGreaterThan(15);
  });

  it('ends with enough hits, and takes few from each chat', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`c${index}-`, Array(9).fill('x')]),
    );
    const { find, reads } = searchOver(many as Record<string, string[]>);
    const hits = await find('x');
    expect(hits).toHaveLength(MAX_HITS);
    expect(hits.filter((hit) => hit.startsWith('c0-'))).toHaveLength(3);
    expect(reads.length).toBeLessThan(40);
  });

  it('ends when it was aborted', async () => {
    const controller = new AbortController();
    const { find, reads } = searchOver({ a: ['x'], b: ['x'] });
    controller.abort();
    expect(await find('x', controller.signal)).toEqual([]);
    expect(reads).toEqual(['a']);
  });
});

describe('items of the palette', () => {
  const item = (kind: 'action' | 'page' | 'chat', label: string) => ({
    id: label,
    kind,
    label,
    run: () => undefined,
  });
  const items = [
    item('chat', 'About models'),
    item('page', 'Models'),
    item('action', 'New chat'),
    item('chat', 'Mode'),
  ];

  it('are ranked by their names within their kinds, whose order is fixed', () => {
    const labels = (query: string) => rankedItems(items, query).map(({ label }) => label);
    expect(labels('mod')).toEqual(['Models', 'Mode', 'About models']);
    expect(labels('')).toEqual(['New chat', 'Models', 'About models', 'Mode']);
    expect(labels('none')).toEqual([]);
  });

  it('are stepped through around both ends', () => {
    expect([steppedIndex(0, -1, 3), steppedIndex(2, 1, 3), steppedIndex(0, 1, 0)]).toEqual([2, 0, 0]);
  });
});

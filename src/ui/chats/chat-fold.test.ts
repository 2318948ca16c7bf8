import { describe, expect, it } from 'vitest';
import type { ChatEntry } from '../../api/chats.ts';
import { ChatFold } from './chat-fold.ts';

const second = (count: number) => new Date(Date.UTC(2030, 0, 1) + count * 1000).toISOString();
let last = 0;

function entry(content: object, at: number, id = `e${last++}`): ChatEntry {
  return { id, at: second(at), ...content } as ChatEntry;
}

function message(id: string, parent: string | null, at: number, content = id): ChatEntry {
  const role = id.startsWith('u') ? 'user' : 'assistant';
  return entry({ type: 'message', message: { id, parent, role, content, created_at: second(at) } }, at);
}

function folded(entries: readonly ChatEntry[]): ChatFold {
  const fold = new ChatFold();
  for (const one of entries) fold.apply(one);
  return fold;
}

/** All that a page shows of a chat. */
function shown(fold: ChatFold): unknown {
  const path = fold.path(new Map());
  return {
    title: fold.title,
    settings: fold.settings,
    path: path.map((id) => [id, fold.messages.get(id)?.content, fold.siblings(id)]),
  };
}

const history = [
  entry({ type: 'title', title: 'old' }, 1),
  entry({ type: 'title', title: 'new' }, 9),
  entry({ type: 'settings', settings: { model: 'a' } }, 2),
  entry({ type: 'settings', settings: { model: 'b' } }, 3),
  message('u1', null, 1),
  message('a1', 'u1', 2),
  message('a2', 'u1', 3),
  message('u2', 'a2', 4),
  message('u3', 'a2', 5),
  message('a3', 'u3', 6, 'begun'),
  message('a3', 'u3', 7, 'complete'),
  message('u4', 'a3', 8),
  entry({ type: 'remove', message: 'u4' }, 9),
];

describe('ChatFold', () => {
  it('shows the newest alternative of each message, and what was removed not at all', () => {
    expect(shown(folded(history))).toEqual({
      title: 'new',
      settings: { model: 'b' },
      path: [
        ['u1', 'u1', ['u1']],
        ['a2', 'a2', ['a1', 'a2']],
        ['u3', 'u3', ['u2', 'u3']],
        ['a3', 'complete', ['a3']],
      ],
    });
  });

  it('is the same in whatever order entries arrive, and however often', () => {
    const expected = shown(folded(history));
    let seed = 7;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed;
    };
    for (let round = 0; round < 100; round += 1) {
      const shuffled = [...history, ...history].map((one) => ({ one, place: random() }));
      shuffled.sort((one, other) => one.place - other.place);
      expect(shown(folded(shuffled.map(({ one }) => one)))).toEqual(expected);
    }
  });

  it('follows what was chosen', () => {
    const fold = folded(history);
    expect(fold.path(new Map([['u1', 'a1']]))).toEqual(['u1', 'a1']);
    expect(fold.path(new Map([['a2', 'u2']]))).toEqual(['u1', 'a2', 'u2']);
    expect(fold.path(new Map([['a3', 'u4']]))).toEqual(['u1', 'a2', 'u3', 'a3']);
  });

  it('leaves out what is no message, and ends where messages are below themselves', () => {
    const fold = folded([
      message('u1', null, 1),
      entry({ type: 'message', message: { id: 'x', role: 'root', content: 'x', parent: 'u1' } }, 2),
      entry({ type: 'message', message: { id: 'y', role: 'user', content: 5, parent: 'u1' } }, 2),
      message('a8', 'a9', 3),
      message('a9', 'a8', 3),
    ]);
    expect(fold.path(new Map())).toEqual(['u1']);
  });

  it('takes a message to another place when a later entry says so', () => {
    const fold = folded([message('u1', null, 1), message('u2', null, 2), message('a1', 'u1', 3)]);
    expect(fold.apply(message('a1', 'u2', 4))).toBe('structure');
    expect([fold.children('u1'), fold.children('u2')]).toEqual([[], ['a1']]);
  });
});

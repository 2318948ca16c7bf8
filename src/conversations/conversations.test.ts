import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../test/fakes/mode-bits.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import type { ChatEntry } from '../api/chats.ts';
import { systemClock } from '../base/clock.ts';
import { tryLockFile } from '../store/lock-file.ts';
import { Conversations } from './conversations.ts';
import { encodeEntry } from './entry-line.ts';
import { type ConversationLimits, conversationLimits } from './limits.ts';

const OWNER = 'key_1';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conversations-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (limits: Partial<ConversationLimits> = {}) =>
  new Conversations({
    folder,
    clock: systemClock,
    lock: tryLockFile,
    limits: { ...conversationLimits, ...limits },
  });

const at = (second: number) => new Date(Date.UTC(2026, 10, 30, 12, 0, second)).toISOString();
const message = (id: string, content = 'hi'): ChatEntry => ({
  type: 'message',
  id,
  at: at(1),
  message: { id, content },
});
const title = (id: string, text: string, second: number): ChatEntry => ({
  type: 'title',
  id,
  at: at(second),
  title: text,
});
const encoded = (...entries: ChatEntry[]) => entries.map(encodeEntry);
const file = (id: string) => join(folder, OWNER, `chat-${id}.jsonl`);

async function entriesOf(store: Conversations, id: string, owner = OWNER): Promise<ChatEntry[]> {
  const entries: ChatEntry[] = [];
  for (let next = 0; ; ) {
    const part = await store.read(owner, id, next);
    if (part.entries.length === 0) return entries;
    entries.push(...part.entries.map((bytes): ChatEntry => JSON.parse(bytes.toString())));
    expect(part.next).toBe(entries.length);
    next = part.next;
  }
}

const idsOf = async (store: Conversations, id: string) =>
  (await entriesOf(store, id)).map((entry) => entry.id);

it('lists times with years of four digits, also where an offset leads out of them', async () => {
  const store = open();
  const entry = (time: string): ChatEntry => ({ type: 'title', id: 't', at: time, title: 't' });
  await store.append(OWNER, 'late', encoded(entry('9999-12-31T23:59:59-23:59')), true);
  await store.append(OWNER, 'early', encoded(entry('0000-01-01T00:00:00+23:59')), true);
  await store.append(OWNER, 'now', encoded(entry(at(1))), true);
  expect((await store.list(OWNER)).map(({ id, updated_at }) => [id, updated_at])).toEqual([
    ['late', '9999-12-31T23:59:59.000Z'],
    ['now', at(1)],
    ['early', '0000-01-01T00:00:00.000Z'],
  ]);
});

describe('a chat', () => {
  it('returns what was added, in its order, also to another process', async () => {
    const entries = [title('t', 'Ünïcode\n"{', 0), message('a', 'x\u2028\0'), message('b')];
    expect(await open().append(OWNER, 'c', encoded(...entries), true)).toBe(3);
    expect(await entriesOf(open(), 'c')).toEqual(entries);
  });

  it('has each entry once, however often devices send it', async () => {
    const store = open();
    await store.append(OWNER, 'c', encoded(message('a'), message('b'), message('a', 'other')), true);
    expect(await store.append(OWNER, 'c', encoded(message('b'), message('c')), false)).toBe(3);
    expect(await open().append(OWNER, 'c', encoded(message('a'), message('d')), false)).toBe(4);
    expect(await idsOf(store, 'c')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('begins only where that was asked for', async () => {
    const store = open();
    await expect(store.append(OWNER, 'c', encoded(message('a')), false)).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(store.append(OWNER, 'c', [], true)).rejects.toMatchObject({ code: 'invalid-request' });
    expect(await readdir(join(folder, OWNER))).toEqual([]);
  });

  it('is read in parts, of which each has at least one entry', async () => {
    const store = open({ readBytes: 300 });
    const entries = Array.from({ length: 20 }, (_, index) => message(`m${index}`, 'x'.repeat(index * 30)));
    await store.append(OWNER, 'c', encoded(...entries), true);
    const first = await store.read(OWNER, 'c', 0);
    expect(first.entries.length).toBeGreaterThan(1);
    expect(first.entries.length).toBeLessThan(20);
    expect(await entriesOf(store, 'c')).toEqual(entries);
    expect(await store.read(OWNER, 'c', 999)).toEqual({ entries: [], next: 20 });
  });

  it('is not read when its reply is refused', async () => {
    const store = open();
    await store.append(OWNER, 'c', encoded(message('a', 'x'.repeat(1000))), true);
    const refuse = (bytes: number) => {
      throw new Error(`${bytes > 1000}`);
    };
    await expect(store.read(OWNER, 'c', 0, refuse)).rejects.toThrow('true');
  });

  it('is deleted for good, and unknown afterwards', async () => {
    const [store, other] = [open(), open()];
    await store.append(OWNER, 'c', encoded(message('a')), true);
    await other.append(OWNER, 'c', encoded(message('b')), false);
    await store.remove(OWNER, 'c');
    expect(await readdir(join(folder, OWNER))).toEqual([]);
    for (const one of [store, other]) {
      await expect(one.read(OWNER, 'c', 0)).rejects.toMatchObject({ code: 'not-found' });
      await expect(one.remove(OWNER, 'c')).rejects.toMatchObject({ code: 'not-found' });
      await expect(one.append(OWNER, 'c', encoded(message('a')), false)).rejects.toMatchObject({
        code: 'not-found',
      });
    }
    expect(await other.append(OWNER, 'c', encoded(message('a')), true)).toBe(1);
    expect(await idsOf(store, 'c')).toEqual(['a']);
  });

  it('is readable by nobody but the user who runs the server', async () => {
    await open().append(OWNER, 'c', encoded(message('a')), true);
    expect(await permissionsOf(join(folder, OWNER), 0o700)).toBe(0o700);
    expect(await permissionsOf(file('c'), 0o600)).toBe(0o600);
  });
});

describe('the list', () => {
  it('sums up each chat, the one with the latest entry first', async () => {
    const store = open();
    await store.append(OWNER, 'old', encoded(title('a', 'first', 2), title('b', 'from before', 1)), true);
    await store.append(OWNER, 'new', encoded(message('a'), title('b', 'x'.repeat(500), 9)), true);
    const [first, second] = await open().list(OWNER);
    expect(first).toMatchObject({ id: 'new', title: 'x'.repeat(500), entries: 2, updated_at: at(9) });
    expect(second).toMatchObject({ id: 'old', title: 'first', created_at: at(1), updated_at: at(2) });
    expect(second?.size).toBe((await stat(file('old'))).size);
    await store.append(OWNER, 'old', encoded(title('c', 'later', 10)), false);
    expect((await open().list(OWNER))[0]).toMatchObject({ id: 'old', title: 'later', entries: 3 });
  });

  it('shows no chat of another owner, and no other file', async () => {
    const store = open();
    await store.append(OWNER, 'c', encoded(message('a')), true);
    await writeFile(join(folder, OWNER, 'chat-UPPER.jsonl'), '');
    await writeFile(file('empty'), '');
    expect((await store.list(OWNER)).map(({ id }) => id)).toEqual(['c']);
    expect(await store.list('key_2')).toEqual([]);
    await expect(store.read('key_2', 'c', 0)).rejects.toMatchObject({ code: 'not-found' });
    await expect(store.remove('key_2', 'c')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a process that is killed while it writes', () => {
  it('loses the entry that it wrote, and nothing else, wherever it ends', async () => {
    const random = seededRandom(seedFrom(31));
    for (let round = 0; round < rounds({ change: 20, long: 200, nightly: 1000 }); round++) {
      const id = `c${round}`;
      await open().append(
        OWNER,
        id,
        encoded(message('a'), message('b', 'x'.repeat(2000)), message('c')),
        true,
      );
      const { size } = await stat(file(id));
      await truncate(file(id), Math.floor(random() * size));
      const before = (await readFile(file(id), 'utf8')).split('\n').length - 1;
      const store = open();
      expect(await idsOf(store, id)).toEqual(['a', 'b', 'c'].slice(0, before));
      await store.append(OWNER, id, encoded(message('d'), message('b'), message('c')), true);
      const ids = ['a', 'b', 'c'].slice(0, before).concat('d', 'b', 'c');
      expect(await idsOf(open(), id)).toEqual([...new Set(ids)]);
    }
  });

  it('leaves lines that somebody edited out, and keeps the others', async () => {
    await open().append(OWNER, 'c', encoded(message('a')), true);
    await appendFile(file('c'), 'not an entry\n{"type":"message"}\n');
    expect(await open().append(OWNER, 'c', encoded(message('b')), false)).toBe(2);
    expect(await idsOf(open(), 'c')).toEqual(['a', 'b']);
  });
});

describe('several devices and servers at the same time', () => {
  it('keep the union of all entries, whole', async () => {
    const stores = [open(), open(), open()];
    await open().append(OWNER, 'c', encoded(message('first')), true);
    const sent = new Set(['first']);
    const work = Array.from({ length: 30 }, async (_, index) => {
      const store = stores[index % stores.length] as Conversations;
      const own = Array.from({ length: 3 }, () => message(randomUUID(), 'x'.repeat(index * 50)));
      for (const { id } of own) sent.add(id);
      await store.append(OWNER, 'c', encoded(...own, message('first')), false);
      await store.append(OWNER, 'c', encoded(...own), false);
      for (const reading of await entriesOf(store, 'c')) expect(sent).toContain(reading.id);
      expect(await store.list(OWNER)).toHaveLength(1);
    });
    await Promise.all(work);
    for (const store of [...stores, open()]) expect(new Set(await idsOf(store, 'c'))).toEqual(sent);
    const lines = (await readFile(file('c'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(sent.size);
  });
});

describe('the limits', () => {
  it.each<[string, Partial<ConversationLimits>, RegExp]>([
    ['one entry', { entryBytes: 500 }, /entry "b" is larger than 500 bytes: leave attachments out/],
    ['the bytes of a chat', { chatBytes: 1000 }, /a chat has at most 1000 bytes: begin a new chat/],
    ['the entries of a chat', { chatEntries: 1 }, /a chat has at most 1 entries: begin a new chat/],
    [
      'the bytes of an owner',
      { ownerBytes: 1024 },
      /at most 1 KiB of chats for each key: delete old or large/,
    ],
  ])('bound %s, and refuse all that is beyond them', async (_, limits, expected) => {
    const store = open(limits);
    await store.append(OWNER, 'c', encoded(message('a')), true);
    await expect(
      store.append(OWNER, 'c', encoded(message('x'), message('b', 'x'.repeat(1000))), false),
    ).rejects.toMatchObject({ code: 'too-large', message: expect.stringMatching(expected) });
    expect(await idsOf(store, 'c')).toEqual(['a']);
  });

  it('bound the chats of each owner, and deleting makes room', async () => {
    const store = open({ chats: 2 });
    await store.append(OWNER, 'a', encoded(message('a')), true);
    await store.append(OWNER, 'b', encoded(message('a')), true);
    const third = () => store.append(OWNER, 'c', encoded(message('a')), true);
    await expect(third()).rejects.toThrow('at most 2 chats for each key: delete old chats');
    expect((await store.list(OWNER)).map(({ id }) => id).sort()).toEqual(['a', 'b']);
    await store.append('key_2', 'c', encoded(message('a')), true);
    await store.remove(OWNER, 'a');
    expect(await third()).toBe(1);
  });
});

/** What is left of chats when servers are killed while devices write to them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ChatEntriesResponse, ChatsResponse } from '../../../src/api/chats.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../scale.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { patience } from '../support/server-requests.ts';

const KILLS = rounds({ change: 3, long: 10, nightly: 100 });

let folder: string;
const servers: TestServer[] = [];

/** A server with the same user as the others. */
async function start(): Promise<TestServer> {
  const env = { HOME: folder, OLLAMA_UI_CHATS: 'on' };
  const server = await startTestServer({ modelsFolder: join(folder, 'models'), env });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chats-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const random = seededRandom(seedFrom(2207));
let made = 0;

function newEntry() {
  const id = `e${made++}`;
  const content = 'x'.repeat(Math.floor(random() * 300_000));
  return { type: 'message', id, at: new Date().toISOString(), message: { id, content } };
}

const append = (server: TestServer, entries: readonly object[]) =>
  fetch(`${server.url}/api/chats/c?create=true`, { method: 'POST', body: JSON.stringify({ entries }) });

/** A device sends entries until its server is gone. @returns the IDs of those whose reply came, and of all */
async function writeUntilKilled(server: TestServer, onReply: () => void) {
  const kept: string[] = [];
  const sent: string[] = [];
  for (;;) {
    const entries = [newEntry(), newEntry()];
    const ids = entries.map(({ id }) => id);
    sent.push(...ids);
    const reply = await append(server, entries).catch(() => undefined);
    if (reply?.status !== 200) return { kept, sent };
    kept.push(...ids);
    onReply();
  }
}

async function idsOf(server: TestServer): Promise<string[]> {
  const ids: string[] = [];
  for (let next = 0; ; ) {
    const reply = await fetch(`${server.url}/api/chats/c?after=${next}`);
    const part = (await reply.json()) as ChatEntriesResponse;
    if (part.entries.length === 0) return ids;
    ids.push(...part.entries.map(({ id }) => id));
    next = part.next;
  }
}

it(`keeps every entry whose reply came, once and whole, through ${KILLS} kills beside another server`, {
  timeout: 60_000 * KILLS,
}, async () => {
  const kept = new Set<string>();
  const sent = new Set<string>();
  const survivor = await start();
  for (let kill = 0; kill < KILLS; kill++) {
    const victim = await start();
    let replies = 0;
    const onReply = () => void replies++;
    const devices = [writeUntilKilled(victim, onReply), writeUntilKilled(victim, onReply)];
    await expect.poll(() => replies, patience).toBeGreaterThan(random() * 30);
    process.kill(victim.pid, 'SIGKILL');
    for (const device of await Promise.all(devices)) {
      for (const id of device.kept) kept.add(id);
      for (const id of device.sent) sent.add(id);
    }
    const own = newEntry();
    expect((await append(survivor, [own])).status).toBe(200);
    kept.add(own.id);
    sent.add(own.id);
    const ids = await idsOf(survivor);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining([...kept]));
    expect([...sent]).toEqual(expect.arrayContaining(ids));
  }
  const path = join(folder, '.ollama', 'chats', 'without-key', 'chat-c.jsonl');
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line): string => JSON.parse(line).id)).toEqual(await idsOf(survivor));
  const list = (await (await fetch(`${survivor.url}/api/chats`)).json()) as ChatsResponse;
  expect(list.chats).toMatchObject([{ id: 'c', entries: lines.length }]);
});

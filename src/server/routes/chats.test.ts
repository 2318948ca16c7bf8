import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../../test/fakes/access/key-records.ts';
import { validBodies } from '../../../test/fakes/random/valid-bodies.ts';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import type { ChatEntriesResponse, ChatsResponse } from '../../api/chats.ts';
import type { AuditEntry } from '../audit/audit-log.ts';

let server: ScriptServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Options = NonNullable<Parameters<typeof startScriptServer>[0]>;

async function start(options: Options = {}): Promise<ScriptServer> {
  server = await startScriptServer(options);
  return server;
}

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const records = [
  keyRecord('ok-ada', { name: 'ada' }),
  keyRecord('ok-bob', { name: 'bob' }),
  keyRecord('ok-admin', { name: 'boss', scopes: ['admin'] }),
];
const body = validBodies['/api/chats/:id'] as { entries: { id: string }[] };
const entry = (content: string) => ({
  entries: [{ type: 'message', id: 'e', at: '2026-11-30T12:00:00Z', message: { id: 'm', content } }],
});
const shown = async (reply: Response | Promise<Response>) => {
  const received = await reply;
  return [received.status, await received.json()];
};

describe('/api/chats', () => {
  it('keeps, lists, returns and deletes chats', async () => {
    const { app, post } = await start();
    expect(await shown(post('/api/chats/c', body))).toEqual([
      404,
      { error: expect.stringMatching(/no chat "c".*create=true/) },
    ]);
    expect(await shown(post('/api/chats/c?create=true', body))).toEqual([200, { entries: 4 }]);
    expect(await shown(post('/api/chats/c', body))).toEqual([200, { entries: 4 }]);
    const reply = await app.request('/api/chats/c?after=1');
    expect(reply.headers.get('Cache-Control')).toBe('no-store');
    const { id, entries, next } = (await reply.json()) as ChatEntriesResponse;
    expect([id, entries, next]).toEqual(['c', body.entries.slice(1), 4]);
    const { chats } = (await (await app.request('/api/chats')).json()) as ChatsResponse;
    expect(chats).toMatchObject([{ id: 'c', title: 't', entries: 4 }]);
    const deletion = () => app.request('/api/chats/c', { method: 'DELETE' });
    expect(await shown(deletion())).toEqual([200, { id: 'c', deleted: true }]);
    expect((await deletion()).status).toBe(404);
    expect((await app.request('/api/chats/c')).status).toBe(404);
  });

  it.each([
    [{}, /entries.*array/],
    [{ entries: [{}] }, /entries\[0\].*type/],
    [{ entries: [{ type: 'title', id: '../x', at: '2026-11-30T12:00:00Z', title: '' }] }, /entries\[0\].id/],
    [{ entries: [{ type: 'title', id: 'x', at: 'today', title: '' }] }, /entries\[0\].at/],
    [{ entries: [{ type: 'title', id: 'x', at: '2026-11-30T12:00:00Z', title: 1 }] }, /title/],
    [{ entries: [{ type: 'title', id: 'x', at: '2026-11-30T12:00:00Z', title: 'x'.repeat(501) }] }, /title/],
    [{ entries: [{ type: 'message', id: 'x', at: '2026-11-30T12:00:00Z', message: {} }] }, /message.*member/],
    [{ entries: [{ type: 'message', id: 'x', at: '2026-11-30T12:00:00Z' }] }, /message/],
    [{ entries: [{ type: 'message', id: 'x', at: '2026-11-30T12:00:00Z', message: 'm' }] }, /message/],
    [{ entries: [{ type: 'remove', id: 'x', at: '2026-11-30T12:00:00Z', message: 'a/b' }] }, /message/],
  ])('refuses the body %#', async (bad, expected) => {
    const { post } = await start();
    const [status, reply] = await shown(post('/api/chats/c?create=true', bad));
    expect([status, JSON.stringify(reply)]).toEqual([400, expect.stringMatching(expected)]);
  });

  it('takes a thousand entries at once, and no more', async () => {
    const { post } = await start();
    const entries = Array.from({ length: 1001 }, (_, index) => ({ ...body.entries[0], id: `e${index}` }));
    expect((await post('/api/chats/c?create=true', { entries })).status).toBe(400);
    const accepted = await post('/api/chats/c?create=true', { entries: entries.slice(1) });
    expect(await accepted.json()).toEqual({ entries: 1000 });
  });

  it.each(['A', '..%2f..%2fx', '%00', 'x'.repeat(65), '-a'])('refuses the ID %j', async (id) => {
    const { app, post } = await start();
    for (const reply of [await app.request(`/api/chats/${id}`), await post(`/api/chats/${id}`, body)]) {
      expect([400, 404]).toContain(reply.status);
    }
  });

  it('says how to switch it on', async () => {
    const { app } = await start({ settings: { uiChats: false } });
    expect((await app.request('/api/chats')).status).toBe(204);
    const [status, reply] = await shown(app.request('/api/chats/c'));
    expect([status, JSON.stringify(reply)]).toEqual([404, expect.stringContaining('OLLAMA_UI_CHATS=on')]);
  });

  it('keeps the chats of each key apart, also from one with the scope admin', async () => {
    const { app, post, home } = await start({ keys: await keysOf(records) });
    await post('/api/chats/c?create=true', entry('of ada'), bearer('ok-ada'));
    await post('/api/chats/c?create=true', entry('of bob'), bearer('ok-bob'));
    const textFor = async (key: string) =>
      (await app.request('/api/chats/c', { headers: bearer(key) })).text();
    expect(await textFor('ok-ada')).toContain('of ada');
    expect(await textFor('ok-bob')).toContain('of bob');
    expect(await textFor('ok-admin')).toContain('no chat');
    const list = await app.request('/api/chats', { headers: bearer('ok-admin') });
    expect(await list.json()).toEqual({ chats: [] });
    const init = { method: 'DELETE', headers: bearer('ok-admin') };
    expect((await app.request('/api/chats/c', init)).status).toBe(404);
    const folders = await readdir(join(home, 'chats'));
    expect(folders.sort()).toEqual([records[0]?.id, records[1]?.id].sort());
  });

  it('shows nothing without a key where keys exist but none is needed', async () => {
    const { app } = await start({ keys: await keysOf(records, 'off') });
    expect((await app.request('/api/chats')).status).toBe(401);
    expect((await app.request('/api/chats', { headers: bearer('ok-ada') })).status).toBe(200);
  });

  it('shows nothing to the pages of other ports, although they may run models', async () => {
    const { app } = await start();
    const page = { Origin: 'http://localhost:3000', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' };
    const statusFor = async (headers: Record<string, string>) =>
      (await app.request('/api/chats', { headers })).status;
    expect(await statusFor({ ...page, 'Sec-Fetch-Site': 'same-site' })).toBe(403);
    expect(await statusFor(page)).toBe(403);
    expect(await statusFor({ 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate' })).toBe(403);
    const own = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' };
    expect(await statusFor(own)).toBe(200);
    expect(await statusFor({})).toBe(200);
  });

  it('leaves no content in the logs', async () => {
    const written: AuditEntry[] = [];
    const audit = { write: (line: AuditEntry) => void written.push(line) };
    const { app, post, lines } = await start({ audit });
    await post('/api/chats/c?create=true', entry('a secret'));
    await post('/api/chats/c', entry('a secret').entries);
    await app.request('/api/chats/c', { method: 'DELETE' });
    expect(written).toMatchObject([{ action: 'delete-chat', result: 'ok', id: 'c' }]);
    expect(JSON.stringify([written, lines])).not.toContain('secret');
  });
});

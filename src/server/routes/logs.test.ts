import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { keyRecord, keysOf } from '../../../test/fakes/access/key-records.ts';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import type { LogEvent, LogsResponse } from '../../api/logs.ts';
import { CHECK_MS } from '../request/end-with-key.ts';

let server: ScriptServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options: Parameters<typeof startScriptServer>[0] = {}): Promise<ScriptServer> {
  server = await startScriptServer(options);
  return server;
}

const write = ({ recentLog }: ScriptServer, text: string) =>
  recentLog.write(`${JSON.stringify({ level: 30, time: '2026-11-30T12:00:00Z', msg: text })}\n`);
const eventsOf = ({ body }: Response) =>
  createInterface({ input: Readable.fromWeb(body as WebStream) })[Symbol.asyncIterator]();
const nextOf = async (lines: AsyncIterator<string>): Promise<LogEvent> =>
  JSON.parse((await lines.next()).value ?? '');

describe('GET /api/logs', () => {
  it('returns the latest lines, as many as are asked for', async () => {
    const running = await start();
    for (let index = 0; index < 5; index++) write(running, `line ${index}`);
    const reply = await running.app.request('/api/logs?lines=2');
    const { lines } = (await reply.json()) as LogsResponse;
    expect(lines.map(({ message }) => message)).toEqual(['line 3', 'line 4']);
    for (const lines of ['-1', '1001', 'x', '1e1']) {
      expect((await running.app.request(`/api/logs?lines=${lines}`)).status, lines).toBe(400);
    }
  });

  it('returns all of many long lines, which are read in several parts', async () => {
    const running = await start();
    const long = 'x'.repeat(20_000);
    for (let index = 0; index < 100; index++) write(running, `${index} ${long}`);
    expect(running.recentLog.from(0, 100).lines.length).toBeLessThan(10);
    const reply = await running.app.request('/api/logs?lines=100');
    const { lines } = (await reply.json()) as LogsResponse;
    expect(lines.map(({ message }) => message)).toEqual(
      Array.from({ length: 100 }, (_, index) => `${index} ${long}`),
    );
  });

  it('follows the log until the server stops', async () => {
    const running = await start();
    write(running, 'before');
    const events = eventsOf(await running.app.request('/api/logs?follow=true&lines=1'));
    expect(await nextOf(events)).toMatchObject({ message: 'before' });
    write(running, 'after');
    expect(await nextOf(events)).toMatchObject({ message: 'after' });
    running.recentLog.close();
    expect((await events.next()).done).toBe(true);
  });

  it('tells a slow reader how many lines it has lost', async () => {
    const running = await start();
    const reply = await running.app.request('/api/logs?follow=true&lines=0');
    for (let index = 0; index < 6000; index++) write(running, `line ${index}`);
    const events = eventsOf(reply);
    expect(await nextOf(events)).toEqual({ lost: 1000 });
    expect(await nextOf(events)).toMatchObject({ message: 'line 1000' });
    await reply.body?.cancel().catch(() => undefined);
  });

  it('has a bounded number of readers, and a place for another when one leaves', async () => {
    const { app } = await start();
    const follow = () => app.request('/api/logs?follow=true');
    const replies = await Promise.all(Array.from({ length: 16 }, follow));
    expect((await follow()).status).toBe(503);
    await replies[0]?.body?.cancel();
    expect((await follow()).status).toBe(200);
  });

  it('ends with the key of its reader', async () => {
    const keys = await keysOf([keyRecord('ok-admin', { scopes: ['admin'] })]);
    const identify = vi.spyOn(keys, 'identify');
    const { app } = await start({ keys });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const reply = await app.request('/api/logs?follow=true&lines=0', {
        headers: { Authorization: 'Bearer ok-admin' },
      });
      const read = reply.text();
      await vi.advanceTimersByTimeAsync(CHECK_MS);
      expect(identify).toHaveBeenCalledTimes(2);
      identify.mockReturnValue('unknown');
      await vi.advanceTimersByTimeAsync(CHECK_MS);
      expect(await read).toBe('');
    } finally {
      vi.useRealTimers();
    }
  });

  it('needs the scope admin, as the settings do', async () => {
    const keys = await keysOf([keyRecord('ok-admin', { scopes: ['admin'] }), keyRecord('ok-user', {})]);
    const { app } = await start({ keys });
    for (const path of ['/api/logs', '/api/config']) {
      const statusFor = async (key: string) =>
        (await app.request(path, { headers: { Authorization: `Bearer ${key}` } })).status;
      expect([await statusFor('ok-admin'), await statusFor('ok-user'), await statusFor('')]).toEqual([
        200, 403, 401,
      ]);
    }
  });
});

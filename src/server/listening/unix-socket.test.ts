import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { skipWithout } from '../../../test/fakes/prerequisites.ts';
import { parseListenerAddress } from '../../config/listener-address.ts';
import { type ListeningServer, listenEverywhere } from '../serve.ts';
import type { ServerEnvironment } from '../server-parts.ts';
import { arrivalOf, clientAddress } from './arrivals.ts';

let folder: string;
let path: string;
const open: ListeningServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-socket-'));
  await chmod(folder, 0o755);
  path = join(folder, 'a.sock');
});
afterEach(async () => {
  for (const listening of open.splice(0)) await listening.close(0);
  await rm(folder, { recursive: true });
});

async function listen(...texts: string[]): Promise<ListeningServer> {
  const app = new Hono<ServerEnvironment>();
  app.all('/', (context) => {
    const socket = context.env.incoming?.socket;
    return context.json(socket ? { ...arrivalOf(socket), client: clientAddress(socket) } : {});
  });
  const listening = await listenEverywhere(app, texts.map(parseListenerAddress));
  open.push(listening);
  return listening;
}

/** @returns the body, or the code of the error */
async function ask(socketPath: string): Promise<unknown> {
  const outgoing = request({ socketPath, path: '/', agent: false }).end();
  try {
    const [incoming] = await once(outgoing, 'response');
    let text = '';
    for await (const piece of incoming) text += piece;
    return JSON.parse(text);
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
const modeOf = async () => (await stat(path)).mode & 0o777;
const served = { isUnix: true, needsLocalName: true, client: 'unix' };

describe('a socket file', () => {
  it('is for the user of the server unless another mode is given, and is removed in the end', async () => {
    const listening = await listen(`unix://${path}`);
    expect([listening.url, listening.port]).toEqual([`unix://${path}`, 0]);
    expect(await modeOf()).toBe(0o600);
    expect(await ask(path)).toEqual(served);
    await listening.close(0);
    await expect(access(path)).rejects.toThrow('ENOENT');
    await listen(`unix://${path}?mode=0622`);
    expect(await modeOf()).toBe(0o622);
  });

  it('leaves the mask for new files as it was', async () => {
    const mask = process.umask();
    await listen(`unix://${path}`);
    expect(process.umask()).toBe(mask);
  });

  it('of a dead server is replaced', async () => {
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script]), 'exit');
    expect(await ask(path)).toBe('ECONNREFUSED');
    await listen(`unix://${path}`);
    expect(await ask(path)).toEqual(served);
  });

  it('of a living server stays, and so does what is no socket', async () => {
    const other = createServer().listen(path);
    await once(other, 'listening');
    await expect(listen(`unix://${path}`)).rejects.toThrow(
      `listen unix ${path}: another server listens there`,
    );
    other.close();
    await writeFile(path, 'text');
    await expect(listen(`unix://${path}`)).rejects.toThrow('something else than a socket is there');
    await rm(path);
    await mkdir(path);
    await expect(listen(`unix://${path}`)).rejects.toThrow('something else than a socket is there');
    await rm(path, { recursive: true });
  });

  it('is taken by one of several servers that start together', async () => {
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script]), 'exit');
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => listen(`unix://${path}`)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await ask(path)).toEqual(served);
  });

  it.each([
    ['a folder that does not exist', () => `${folder}/none/a.sock`, 'there is no such folder'],
    ['a group that does not exist', () => `${path}?group=no-such-group`, 'there is no group "no-such-group"'],
  ])('cannot be in %s', async (_, place, reason) => {
    await expect(listen(`unix://${place()}`)).rejects.toThrow(reason);
    await expect(access(path)).rejects.toThrow('ENOENT');
  });

  it('is opened together with the other listeners, or not at all', async () => {
    const taken = await listen('127.0.0.1:0');
    await expect(listen(`unix://${path}`, `127.0.0.1:${taken.port}`)).rejects.toThrow(
      'address already in use',
    );
    await expect
      .poll(() =>
        access(path).then(
          () => 'there',
          () => 'gone',
        ),
      )
      .toBe('gone');
    const both = await listen(`unix://${path}`, '127.0.0.1:0');
    expect(both.urls).toEqual([`unix://${path}`, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)]);
    expect(await ask(path)).toEqual(served);
    expect(await (await fetch(both.urls[1] ?? '')).json()).toMatchObject({
      isUnix: false,
      client: '127.0.0.1',
    });
  });

  it('serves the members of its group, and nobody else', async (context) => {
    if (process.getuid?.() !== 0) skipWithout('the right to run programs as other users', context);
    const [group, other] = [54_321, 54_322];
    await listen(`unix://${path}?group=${group}`);
    expect([await modeOf(), (await stat(path)).gid]).toEqual([0o660, group]);
    const script = `require('node:net').connect(${JSON.stringify(path)}, () => { console.log('connected'); process.exit(); }).on('error', ({ code }) => console.log(code))`;
    const as = async (gid: number) =>
      (
        await promisify(execFile)(process.execPath, ['-e', script], { uid: 54_000, gid, cwd: '/' })
      ).stdout.trim();
    expect(await as(group)).toBe('connected');
    expect(await as(other)).toBe('EACCES');
  });
});

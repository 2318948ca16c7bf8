import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { writeLargeFolder } from '../support/import-folders.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import {
  createModel,
  filesBelow,
  post,
  randomModelBytes,
  replyOf,
  send,
  sha256,
} from '../support/server-requests.ts';

const run = promisify(execFile);
const noSpace = expect.stringMatching(
  /^no space left on device while writing .+: free some space and try again$/,
);

let folder: string;
let isMounted = false;
let server: TestServer;

beforeEach(async (context) => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-small-disk-'));
  isMounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).then(
    () => true,
    () => false,
  );
  if (!isMounted) skipWithout('the permission to mount a small disk', context);
  server = await startTestServer({ modelsFolder: folder });
});

afterEach(async () => {
  if (isMounted) {
    await server.stop();
    await run('umount', [folder]);
  }
  await rm(folder, { recursive: true, force: true });
});

describe('on a full disk', () => {
  it('an upload fails with a message and leaves nothing behind', async () => {
    const content = new Uint8Array(20 * 1024 * 1024);
    const uploaded = await replyOf(await send(server, 'POST', `/api/blobs/${sha256(content)}`, content));
    expect(uploaded).toEqual({ status: 500, body: { error: noSpace } });
    expect(await filesBelow(folder)).toEqual([]);
    expect((await fetch(`${server.url}/api/version`)).status).toBe(200);
  });

  it('create fails with a message, keeps the previous model, and works once there is room', async () => {
    await createModel(server, 'tiny', await randomModelBytes(), { system: 'former' });
    const before = await filesBelow(folder);
    const create = (system: string) =>
      post(server, '/api/create', { model: 'tiny', from: 'tiny', license: 'small', system, stream: false });

    expect(await create('x'.repeat(1024 * 1024))).toEqual({ status: 500, body: { error: noSpace } });
    expect(await filesBelow(folder)).toEqual(before);
    expect(await post(server, '/api/show', { model: 'tiny' })).toMatchObject({ body: { system: 'former' } });

    expect((await create('latter')).status).toBe(200);
    expect(await post(server, '/api/show', { model: 'tiny' })).toMatchObject({ body: { system: 'latter' } });
  });

  it('a folder of safetensors is refused before it is converted, with what is needed and what is free', async () => {
    const sources = await mkdtemp(join(tmpdir(), 'ollama-sources-'));
    try {
      await writeLargeFolder(join(sources, 'large'), 20);
      const path = join(sources, 'Modelfile');
      await writeFile(path, 'FROM ./large');
      // Links to another disk take no room on this one.
      const { status, stderr } = await runOllama(['create', 'x', '-f', path, '--link'], server);
      expect(status).toBe(1);
      expect(stderr).toMatch(
        /\nError: not enough disk space in [^\n]+: 20\.\d MB needed, [\d.]+ [KM]B free\n$/,
      );
      const entries = await readdir(join(folder, 'blobs'), { withFileTypes: true });
      expect(entries.filter((entry) => !entry.isSymbolicLink())).toEqual([]);
    } finally {
      await rm(sources, { recursive: true });
    }
  });

  it('no model appears and no blob remains without room for a manifest', async () => {
    await createModel(server, 'tiny', await randomModelBytes());
    const before = await filesBelow(folder);
    const filler = join(folder, 'filler');
    await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']).catch(() => undefined);
    const reply = await post(server, '/api/create', {
      model: 'other',
      from: 'tiny',
      system: 's',
      stream: false,
    });
    expect(reply).toEqual({ status: 500, body: { error: noSpace } });
    const copy = await post(server, '/api/copy', { source: 'tiny', destination: 'copy' });
    expect(copy).toEqual({ status: 500, body: { error: noSpace } });
    await rm(filler);
    expect(await filesBelow(folder)).toEqual(before);
    expect((await post(server, '/api/copy', { source: 'tiny', destination: 'copy' })).status).toBe(200);
  });
});

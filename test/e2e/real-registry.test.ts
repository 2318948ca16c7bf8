/** Against Debian's docker-registry, a registry server that we did not write. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type DebianProgram, findDebianRegistry, seedModel, startDebianRegistry } from './debian-programs.ts';
import { runOllama, startTestServer, type TestServer } from './server-process.ts';
import { filesBelow, post, sha256, sha256OfFile } from './server-requests.ts';

const image = 'application/vnd.ollama.image';
/** About as long as the whole pull takes. */
const LONGEST_UNTIL_KILLED_MS = 600;
const root = await findDebianRegistry();

describe.skipIf(root === undefined)("Debian's docker-registry", () => {
  let registry: DebianProgram;
  let server: TestServer;
  let weights: Uint8Array;
  let manifest: Uint8Array;

  beforeAll(async () => {
    registry = await startDebianRegistry(root ?? '');
    weights = await readFile(inject('smolModelPath'));
    const layers = [
      { mediaType: `${image}.model`, content: weights },
      { mediaType: `${image}.system`, content: Buffer.from('Be brief.') },
    ];
    manifest = await seedModel(`http://127.0.0.1:${registry.port}`, 'library/smollm2', layers, sha256);
    return () => registry.stop();
  });
  beforeEach(async () => {
    server = await startTestServer();
    return () => server[Symbol.asyncDispose]();
  });

  const name = () => `127.0.0.1:${registry.port}/library/smollm2`;
  const pull = (model = name()) => runOllama(['pull', model, '--insecure'], { host: server.host });

  async function expectWholeModel({ modelsFolder } = server): Promise<void> {
    const files = await filesBelow(modelsFolder);
    const blobs = files.filter((path) => path.startsWith('blobs/'));
    expect(blobs).toHaveLength(3);
    expect(blobs).toContain(`blobs/${sha256(weights).replace(':', '-')}`);
    for (const path of blobs) {
      expect(await sha256OfFile(join(modelsFolder, path))).toBe(path.slice(6).replace('-', ':'));
    }
    const path = join(modelsFolder, 'manifests', `127.0.0.1:${registry.port}`, 'library/smollm2/latest');
    expect(await readFile(path)).toEqual(Buffer.from(manifest));
  }

  it('gives a model that is the same byte for byte, and runs', async () => {
    const { status, stderr } = await pull();
    expect({ status, end: stderr.trim().split('\n').at(-1)?.trim() }).toEqual({ status: 0, end: 'success' });
    await expectWholeModel();
    const ask = { model: name(), prompt: 'Hello', stream: false, options: { num_predict: 3, num_ctx: 128 } };
    expect(await post(server, '/api/generate', ask)).toMatchObject({ status: 200, body: { done: true } });
  });

  it('gives it to two clients at once, and once more after it was removed', async () => {
    const both = await Promise.all([pull(), pull()]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
    await expectWholeModel();
    expect((await runOllama(['rm', name()], { host: server.host })).status).toBe(0);
    expect(await filesBelow(join(server.modelsFolder, 'blobs'))).toEqual([]);
    expect((await pull()).status).toBe(0);
    await expectWholeModel();
  });

  it('gives it whole though the server was killed at ten random moments', async () => {
    const modelsFolder = await mkdtemp(join(tmpdir(), 'killed-pull-'));
    const moments: number[] = [];
    let interrupted = 0;
    try {
      while (moments.length < 10) {
        const killed = await startTestServer({ modelsFolder });
        const request = { model: name(), insecure: true, stream: false };
        const pulling = post(killed, '/api/pull', request).catch(() => ({ status: 0 }));
        moments.push(Math.floor(Math.random() * LONGEST_UNTIL_KILLED_MS));
        await new Promise((resolve) => setTimeout(resolve, moments.at(-1)));
        process.kill(killed.pid, 'SIGKILL');
        await killed.stop();
        if ((await pulling).status === 0) interrupted += 1;
        else await rm(modelsFolder, { recursive: true });
      }
      expect(interrupted, `killed after ${moments} ms`).toBeGreaterThan(0);
      await using last = await startTestServer({ modelsFolder });
      const { status } = await runOllama(['pull', name(), '--insecure'], { host: last.host });
      expect(status, `killed after ${moments} ms`).toBe(0);
      await expectWholeModel({ ...server, modelsFolder });
    } finally {
      await rm(modelsFolder, { recursive: true, force: true });
    }
  });

  it('is asked as a mirror before the registry that it stands for', async () => {
    const env = { OLLAMA_REGISTRY_MIRRORS: `mirrored.invalid=http://127.0.0.1:${registry.port}` };
    await using mirrored = await startTestServer({ env });
    const { status, stderr } = await runOllama(['pull', 'mirrored.invalid/library/smollm2'], {
      host: mirrored.host,
    });
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('success') });
    const path = 'manifests/mirrored.invalid/library/smollm2/latest';
    expect(await readFile(join(mirrored.modelsFolder, path))).toEqual(Buffer.from(manifest));
  });

  it('lacks what nobody put there, which is said', async () => {
    const { status, stderr } = await pull(`127.0.0.1:${registry.port}/library/none`);
    expect(status).toBe(1);
    expect(stderr).toContain('pull model manifest: file does not exist');
  });
});

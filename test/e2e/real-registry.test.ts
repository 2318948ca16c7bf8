/** Against Debian's docker-registry, a registry server that we did not write. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { ensureDebianPackages } from '../../scripts/debian-packages.mjs';
import { type DebianProgram, registryPackages, seedModel, startDebianRegistry } from './debian-programs.ts';
import { runOllama, startTestServer, type TestServer } from './server-process.ts';
import { filesBelow, post, sha256, sha256OfFile } from './server-requests.ts';

const image = 'application/vnd.ollama.image';
const root = await ensureDebianPackages(registryPackages);

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

  async function expectWholeModel(): Promise<void> {
    const files = await filesBelow(server.modelsFolder);
    const blobs = files.filter((path) => path.startsWith('blobs/'));
    expect(blobs).toHaveLength(3);
    expect(blobs).toContain(`blobs/${sha256(weights).replace(':', '-')}`);
    for (const path of blobs) {
      expect(await sha256OfFile(join(server.modelsFolder, path))).toBe(path.slice(6).replace('-', ':'));
    }
    const path = join(
      server.modelsFolder,
      'manifests',
      `127.0.0.1:${registry.port}`,
      'library/smollm2/latest',
    );
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

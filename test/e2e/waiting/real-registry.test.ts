/** Pulls from Debian's docker-registry, a registry server that is not part of this project. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { CountingFront } from '../../fakes/servers/counting-front.ts';
import {
  type DebianProgram,
  findDebianRegistry,
  seedModel,
  startDebianRegistry,
} from '../support/debian-programs.ts';
import { bytesIn, missingRanges } from '../support/download-state.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { filesBelow, patience, post, sha256, sha256OfFile } from '../support/server-requests.ts';

const image = 'application/vnd.ollama.image';
const KILLS = 10;
const STREAMS = 4;
const LONGEST_UNTIL_KILLED_MS = 600;
/** Slow enough that ten intervals of maximum length do not suffice for the whole model. */
const SLOW_RATE = '12MiB';
/** Per connection: the buffers of two sockets, of the front and of the server, which Linux lets grow to 10 MiB. */
const MOST_IN_FLIGHT_BYTES = 12 * 1024 * 1024;
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

  async function expectWholeModel({
    modelsFolder = server.modelsFolder,
    host = `127.0.0.1:${registry.port}`,
  } = {}): Promise<void> {
    const files = await filesBelow(modelsFolder);
    const blobs = files.filter((path) => path.startsWith('blobs/'));
    expect(blobs).toHaveLength(3);
    expect(blobs).toContain(`blobs/${sha256(weights).replace(':', '-')}`);
    for (const path of blobs) {
      expect(await sha256OfFile(join(modelsFolder, path))).toBe(path.slice(6).replace('-', ':'));
    }
    const path = join(modelsFolder, 'manifests', host, 'library/smollm2/latest');
    expect(await readFile(path)).toEqual(Buffer.from(manifest));
  }

  it('provides a model that is identical byte for byte, and runs', async () => {
    const { status, stderr } = await pull();
    expect({ status, end: stderr.trim().split('\n').at(-1)?.trim() }).toEqual({ status: 0, end: 'success' });
    await expectWholeModel();
    const ask = { model: name(), prompt: 'Hello', stream: false, options: { num_predict: 3, num_ctx: 128 } };
    expect(await post(server, '/api/generate', ask)).toMatchObject({ status: 200, body: { done: true } });
  });

  it('provides it to two clients at once, and again after it was removed', async () => {
    const both = await Promise.all([pull(), pull()]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
    await expectWholeModel();
    expect((await runOllama(['rm', name()], { host: server.host })).status).toBe(0);
    expect(await filesBelow(join(server.modelsFolder, 'blobs'))).toEqual([]);
    expect((await pull()).status).toBe(0);
    await expectWholeModel();
  });

  it('provides it completely, with almost no repeated bytes, although the server is killed at ten random moments', async () => {
    await using front = await CountingFront.start(registry.port);
    const modelsFolder = await mkdtemp(join(tmpdir(), 'killed-pull-'));
    const digest = sha256(weights);
    const model = `${front.host}/library/smollm2`;
    const partial = join(modelsFolder, 'blobs', `${digest.replace(':', '-')}-partial`);
    const env = { OLLAMA_PULL_RATE: SLOW_RATE, OLLAMA_PULL_STREAMS: String(STREAMS) };
    const moments: number[] = [];
    let served = 0;
    try {
      const left = async () => {
        const ranges = await missingRanges(partial, weights.length);
        return ranges.length === 0 ? weights.length : ranges.reduce((sum, range) => sum + bytesIn(range), 0);
      };
      const servedNow = () => front.requestsFor(digest).reduce((sum, { bytes }) => sum + bytes, 0);
      while (moments.length < KILLS) {
        const before = await left();
        const expected = await missingRanges(partial, weights.length);
        front.requests.length = 0;
        const killed = await startTestServer({ modelsFolder, env });
        const request = { model, insecure: true, stream: false };
        const pulling = post(killed, '/api/pull', request).catch(() => undefined);
        // On a busy machine a kill may come before the first byte. Every second one waits for it.
        if (moments.length % 2 === 1) await expect.poll(left, patience).toBeLessThan(before);
        moments.push(Math.floor(Math.random() * LONGEST_UNTIL_KILLED_MS));
        await new Promise((resolve) => setTimeout(resolve, moments.at(-1)));
        process.kill(killed.pid, 'SIGKILL');
        await Promise.all([killed.stop(), pulling]);
        // Bytes that are on disk are not requested again.
        const ranges = front.requestsFor(digest).map(({ range = '' }) => range);
        if (expected.length > 0) expect(expected).toEqual(expect.arrayContaining(ranges));
        // Only the bytes in flight are lost.
        const kept = before - (await left());
        expect(kept).toBeGreaterThanOrEqual(0);
        expect(servedNow() - kept).toBeLessThanOrEqual(STREAMS * MOST_IN_FLIGHT_BYTES);
        served += servedNow();
      }
      const missing = await left();
      expect(missing, `killed after ${moments} ms`).toBeLessThan(weights.length);
      front.requests.length = 0;
      await using last = await startTestServer({ modelsFolder });
      const { status } = await runOllama(['pull', model, '--insecure'], { host: last.host });
      expect(status, `killed after ${moments} ms`).toBe(0);
      expect(servedNow()).toBe(missing);
      served += servedNow();
      expect(served).toBeLessThanOrEqual(weights.length + KILLS * STREAMS * MOST_IN_FLIGHT_BYTES);
      await expectWholeModel({ modelsFolder, host: front.host });
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

  it('lacks a model that was never pushed, and the error says so', async () => {
    const { status, stderr } = await pull(`127.0.0.1:${registry.port}/library/none`);
    expect(status).toBe(1);
    expect(stderr).toContain('pull model manifest: file does not exist');
  });
});

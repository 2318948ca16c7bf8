import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../test/fakes/access/key-records.ts';
import { splitGguf } from '../../test/fakes/models/gguf-shards.ts';
import { writeRandomModel } from '../../test/fakes/models/random-model.ts';
import { HuggingFaceServer } from '../../test/fakes/servers/hugging-face-server.ts';
import { ignoreRanges, RegistryServer } from '../../test/fakes/servers/registry-server.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { KeyStore } from '../access/key-store.ts';
import type { EstimateResponse, RemoteEstimateResponse } from '../api/estimate.ts';
import type { InspectModel } from '../inference/loading/remote-estimates.ts';
import { inspectFromSources } from '../registry/inspect/inspect-model.ts';
import { listedRegistries } from '../registry/transport/registry-access.ts';
import { RegistryTransports } from '../registry/transport/transport.ts';
import { mediaTypes } from '../store/manifest.ts';

/** Larger than what is fetched first, so that a part of the file is left out. */
const PADDING = 3 * 1024 * 1024;

let folder: string;
let weights: Uint8Array;
let registry: RegistryServer;
let server: ScriptServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remote-estimate-'));
  await writeRandomModel(join(folder, 'whole.gguf'));
  weights = await readFile(join(folder, 'whole.gguf'));
  registry = await RegistryServer.start();
});
afterEach(async () => {
  await server.close();
  await registry.close();
  await rm(folder, { recursive: true });
});

/** @param mirror takes the place of the name's own registry */
async function start({
  mirror,
  keys,
  isPublic = false,
}: {
  mirror?: string;
  keys?: KeyStore;
  isPublic?: boolean;
} = {}) {
  const inspect: InspectModel = (name, { isLocal: _, ...options }, use) =>
    inspectFromSources(
      name,
      {
        ...options,
        transports: new RegistryTransports({}),
        mirrors: mirror === undefined ? [] : [mirror],
        version: '0',
        ...(isPublic && { access: listedRegistries([]) }),
      },
      use,
    );
  server = await startScriptServer({ inspect, ...(keys && { keys }) });
}

function publish(): void {
  const content = Buffer.concat([weights, Buffer.alloc(PADDING)]);
  registry.publish('fox', [
    { mediaType: mediaTypes.model, content },
    { mediaType: mediaTypes.params, content: '{"num_ctx":64}' },
    { mediaType: mediaTypes.template, content: '{{ .Prompt }} {{ .Tools }}' },
  ]);
}

async function ask(body: object, headers: Record<string, string> = {}) {
  const reply = await server.post('/api/estimate/remote', body, headers);
  return { status: reply.status, body: (await reply.json()) as RemoteEstimateResponse & { error?: string } };
}

const bytesSent = () =>
  registry.requests
    .map(({ headers }) => /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? ''))
    .reduce((sum, range) => sum + (range ? Number(range[2]) + 1 - Number(range[1]) : 0), 0);

describe('POST /api/estimate/remote', () => {
  it('says of a model in a registry what /api/estimate says after the pull, from the start of its file', async () => {
    publish();
    await start();
    const { status, body } = await ask({ model: registry.name('fox'), insecure: true, slots: 2 });
    expect(status, body.error).toBe(200);
    expect(bytesSent()).toBe(1024 * 1024);
    const { digest } = await server.store.blobs.write(oneChunk(weights));
    await server.addModel('local', {
      files: { 'model.gguf': digest },
      create: { parameters: { num_ctx: 64 } },
    });
    const local = (await (
      await server.post('/api/estimate', { model: 'local', slots: 2 })
    ).json()) as EstimateResponse;
    const { memory, num_ctx, slots, fits, available, evicts } = body;
    expect({ memory, num_ctx, slots, fits, available, evicts, model: 'local:latest' }).toEqual(local);
    expect(body.capabilities).toContain('tools');
    expect(body.download.total).toBeGreaterThan(PADDING);
    expect(body.download.missing).toBe(body.download.total);
  });

  it('adds the shards of a model, and lists the other types of the repository', async () => {
    await using hub = await HuggingFaceServer.start();
    hub.add(await splitGguf(join(folder, 'whole.gguf'), 'fox-Q4_K_M', 3), 'Q4_K_M/');
    hub.add(new Map([['fox-Q8_0.gguf', Buffer.alloc(2 * weights.length)]]));
    await start({ mirror: hub.url });
    const { status, body } = await ask({ model: 'hf.co/ada/fox:Q4_K_M', options: { num_ctx: 64 }, slots: 1 });
    expect(status, body.error).toBe(200);
    const shardBytes = hub.tree.slice(0, 3).reduce((sum, { size }) => sum + size, 0);
    expect(body.download.total).toBe(shardBytes);
    const { digest } = await server.store.blobs.write(oneChunk(weights));
    await server.addModel('local', { files: { 'model.gguf': digest } });
    const local = await server.post('/api/estimate', { model: 'local', options: { num_ctx: 64 }, slots: 1 });
    expect(body.memory).toEqual(((await local.json()) as EstimateResponse).memory);
    expect(body.tags).toEqual([
      { tag: 'Q4_K_M', size: shardBytes, total: body.memory.total, fits: true },
      {
        tag: 'Q8_0',
        size: 2 * weights.length,
        total: body.memory.total + 2 * weights.length - shardBytes,
        fits: true,
      },
    ]);
  });

  it.each([
    [{}, 400, /model is required/],
    [{ model: 'NAME', insecure: true, slots: 0 }, 400, /slots/],
    [{ model: 'OTHER', insecure: true }, 500, /file does not exist/],
    [{ model: 'NAME' }, 500, /./],
  ])('refuses %j', async (asked, status, message) => {
    publish();
    await start();
    const names = { NAME: registry.name('fox'), OTHER: registry.name('none') };
    const model = 'model' in asked ? { model: names[asked.model as keyof typeof names] } : {};
    const reply = await ask({ ...asked, ...model });
    expect([reply.status, reply.body.error]).toEqual([status, expect.stringMatching(message)]);
  });

  it('refuses a registry that is not public, where the settings do not name it', async () => {
    publish();
    await start({ isPublic: true });
    const { status, body } = await ask({ model: registry.name('fox'), insecure: true });
    expect([status, body.error]).toEqual([403, expect.stringContaining('OLLAMA_PRIVATE_REGISTRIES')]);
    expect(registry.requests).toEqual([]);
  });

  it('refuses a registry that sends no parts of files, and a file that is not GGUF', async () => {
    publish();
    registry.behave(ignoreRanges(registry));
    await start();
    const whole = await ask({ model: registry.name('fox'), insecure: true });
    expect([whole.status, whole.body.error]).toEqual([500, expect.stringContaining('does not send parts')]);
    registry.publish('text', [{ mediaType: mediaTypes.model, content: 'not GGUF at all, but a text' }]);
    const text = await ask({ model: registry.name('text'), insecure: true });
    expect([text.status, text.body.error]).toEqual([400, expect.stringContaining('invalid GGUF file')]);
  });

  it('reads no licenses, and refuses a model with more small files than any real one', async () => {
    const model = { mediaType: mediaTypes.model, content: Buffer.concat([weights, Buffer.alloc(PADDING)]) };
    const license = { mediaType: mediaTypes.license, content: 'Do what you like.' };
    registry.publish('licensed', [model, ...Array.from({ length: 100 }, () => license)]);
    await start();
    const licensed = await ask({ model: registry.name('licensed'), insecure: true });
    expect(licensed.status, licensed.body.error).toBe(200);
    // The manifest, its config and the start of the weights.
    expect(registry.requests).toHaveLength(3);
    const texts = Array.from({ length: 17 }, () => ({ mediaType: mediaTypes.params, content: '{}' }));
    registry.publish('many', [model, ...texts]);
    const many = await ask({ model: registry.name('many'), insecure: true });
    expect([many.status, many.body.error]).toEqual([500, expect.stringContaining('17 small files')]);
  });

  it('needs the scope "pull", and obeys the models of the key', async () => {
    publish();
    const keys = await keysOf([
      keyRecord('ok-read', { name: 'read', scopes: ['read'] }),
      keyRecord('ok-pull', { name: 'pull', scopes: ['pull'], models: ['other*'] }),
    ]);
    await start({ keys });
    const body = { model: registry.name('fox'), insecure: true };
    for (const key of ['ok-read', 'ok-pull']) {
      const { status } = await ask(body, { Authorization: `Bearer ${key}` });
      expect(status, key).toBe(403);
    }
    expect(registry.requests).toEqual([]);
  });
});

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

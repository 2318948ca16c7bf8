import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hurriedClock } from '../../../test/fakes/hurried-clock.ts';
import { inlineTemplates } from '../../../test/fakes/models/inline-templates.ts';
import { smallModel } from '../../../test/fakes/models/small-gguf.ts';
import { mangle } from '../../../test/fakes/random/random-replies.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import {
  type AskedFor,
  encodeReply,
  MangledServer,
  type PlainReply,
} from '../../../test/fakes/servers/mangled-server.ts';
import { sha256 } from '../../../test/fakes/servers/registry-server.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import { ModelCatalog } from '../../models/catalog.ts';
import { createFromUrl } from '../../models/create-from-url.ts';
import { FileUrl } from '../../names/file-url.ts';
import { ModelName } from '../../names/model-name.ts';
import { manifestDigests } from '../../store/manifest.ts';
import { Store } from '../../store/store.ts';
import { RegistryTransports } from '../transport/transport.ts';
import { DownloadLocks } from './download-locks.ts';
import { pullModel } from './pull.ts';

const ROUNDS = rounds({ change: 400, long: 2000, nightly: 200_000 });
const TIMEOUT_MS = rounds({ change: 120_000, long: 900_000, nightly: 4 * 3_600_000 });
/** Rounds that run at the same time, because most of their time is waiting. */
const LANES = 8;
/** No reply may occupy a pull for longer: many times the longest silence, each followed by the longest wait. */
const LONGEST_ROUND_MS = 3_600_000;
const SEED = seedFrom(20_31);

/** How much faster time passes: silence ends after 75 ms instead of 30 s, and all waits between attempts take 160 ms. */
const HASTE = 400;
const hastyClock = hurriedClock(HASTE, 1);

/** Shared, because reading the certificate authorities takes longer than a round. */
const transports = new RegistryTransports({});

/** What is damaged in a round: the reply to one kind of request. */
const targets = ['manifest', 'challenge', 'token', 'error', 'blob', 'list', 'shard', 'file'] as const;
type Target = (typeof targets)[number];

const weights = Buffer.from(smallModel());
const config = Buffer.from('{"model_format":"gguf"}');
const blobs = new Map([weights, config].map((bytes) => [sha256(bytes), bytes]));
const manifest = {
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: {
    mediaType: 'application/vnd.docker.container.image.v1+json',
    digest: sha256(config),
    size: config.length,
  },
  layers: [
    { mediaType: 'application/vnd.ollama.image.model', digest: sha256(weights), size: weights.length },
  ],
};
const tree = [1, 2].map((number) => ({
  type: 'file',
  path: `fox-Q4_K_M-0000${number}-of-00002.gguf`,
  size: weights.length,
  lfs: { oid: sha256(weights).slice(7), size: weights.length },
}));

function json(content: unknown, status = 200): PlainReply {
  const body = Buffer.from(JSON.stringify(content));
  return {
    status,
    headers: [
      ['Content-Type', 'application/json'],
      ['Content-Length', String(body.length)],
    ],
    body,
  };
}

function bytesReply(bytes: Uint8Array, range: string | undefined): PlainReply {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (start === undefined)
    return {
      status: 200,
      headers: [
        ['Content-Length', String(bytes.length)],
        ['ETag', '"a"'],
      ],
      body: bytes,
    };
  const part = bytes.subarray(Number(start), Number(end) + 1);
  const sent = `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}`;
  const headers = [
    ['Content-Length', String(part.length)],
    ['Content-Range', sent],
    ['ETag', '"a"'],
  ] as const;
  return { status: 206, headers, body: part };
}

/** The right reply to a request, and which target it belongs to. */
function rightReply(
  target: Target,
  { path, headers }: AskedFor,
  url: string,
): [Target | undefined, PlainReply] {
  if (path.startsWith('/token')) return ['token', json({ token: 'abc', access_token: 'abc' })];
  if (path.startsWith('/api/models/')) return ['list', json(tree)];
  if (path.includes('/resolve/')) return ['shard', bytesReply(weights, headers.get('range'))];
  if (path.endsWith('.gguf')) return ['file', bytesReply(weights, headers.get('range'))];
  if (path.includes('/manifests/')) {
    if (target === 'error') return ['error', json({ errors: [{ code: 'DENIED', message: 'no' }] }, 403)];
    if (target === 'list' || target === 'shard') return [undefined, json({ error: 'sharded' }, 400)];
    const isAsking = (target === 'token' || target === 'challenge') && !headers.has('authorization');
    if (!isAsking) return ['manifest', json(manifest)];
    const challenge = `Bearer realm="${url}/token",service="s",scope="repository:library/x:pull"`;
    return [
      'challenge',
      {
        ...json({}, 401),
        headers: [
          ['WWW-Authenticate', challenge],
          ['Content-Length', '2'],
        ],
      },
    ];
  }
  const blob = blobs.get(/\/blobs\/(sha256:[0-9a-f]{64})$/.exec(path)?.[1] as `sha256:${string}`);
  return blob ? ['blob', bytesReply(blob, headers.get('range'))] : [undefined, json({}, 404)];
}

interface Outcome {
  /** Undefined after a success. */
  readonly refusal: unknown;
  readonly elapsedMs: number;
}

/** What the server damages, and how. */
interface Damage {
  target: Target;
  random: () => number;
}

/** One store, and one server that damages its replies. */
class Lane implements AsyncDisposable {
  readonly store: Store;
  readonly #folder: string;
  readonly #server: MangledServer;
  readonly #state: Damage;

  private constructor(folder: string, store: Store, server: MangledServer, state: Damage) {
    this.#folder = folder;
    this.store = store;
    this.#server = server;
    this.#state = state;
  }

  static async open(): Promise<Lane> {
    const folder = await mkdtemp(join(tmpdir(), 'random-replies-'));
    const store = new Store(folder);
    await store.prepare();
    const state: Damage = { target: 'manifest', random: Math.random };
    const server: MangledServer = await MangledServer.start((asked) => {
      const [kind, reply] = rightReply(state.target, asked, server.url);
      return kind === state.target ? mangle(state.random, reply) : { bytes: closing(reply), stays: false };
    });
    return new Lane(folder, store, server, state);
  }

  async pull(seed: number): Promise<Outcome> {
    const target = targets[seed % targets.length] ?? 'manifest';
    Object.assign(this.#state, { target, random: seededRandom(seed) });
    const started = hastyClock.now();
    const impatient = new AbortController();
    const cancelEnd = hastyClock.after(LONGEST_ROUND_MS, () => impatient.abort());
    const transport = transports.open();
    const options = {
      store: this.store,
      fetch: transport.fetch,
      resolveHost: transport.resolveHost,
      locks: new DownloadLocks(),
      clock: hastyClock,
      logger: silentLogger,
      version: '0',
      insecure: true,
      signal: impatient.signal,
    };
    try {
      if (target === 'file') {
        const source = FileUrl.parse(`${this.#server.url}/models/small.gguf`);
        if (!source) throw new Error('no URL of a file');
        const catalog = new ModelCatalog({
          store: this.store,
          logger: silentLogger,
          templates: inlineTemplates(),
        });
        const limits = { noPrune: false, pullStreams: 2 };
        await drain(createFromUrl(source, { ...options, transports, catalog, config: limits }));
      } else if (target === 'list' || target === 'shard') {
        const name = ModelName.parse('hf.co/ada/fox:Q4_K_M');
        const assemble = async function* () {
          yield { status: 'success' };
        };
        await drain(pullModel(name, { ...options, origin: this.#server.url, assemble }));
      } else await drain(pullModel(ModelName.parse(`${this.#server.host}/library/x`), options));
      return { refusal: undefined, elapsedMs: hastyClock.now() - started };
    } catch (refusal) {
      return { refusal, elapsedMs: hastyClock.now() - started };
    } finally {
      cancelEnd();
      await transport.close();
    }
  }

  /** Names of manifests and complete blobs. */
  async content(): Promise<string[]> {
    const { entries } = await this.store.manifests.listOwn();
    const stored = (await this.store.blobs.list()).flatMap(({ digest }) => (digest ? [digest] : []));
    return [...entries.map(({ name }) => name.full), ...stored].sort();
  }

  /** Every model has its blobs, with the bytes that their names promise. */
  async requireConsistent(): Promise<void> {
    for (const { manifest: found } of (await this.store.manifests.listOwn()).entries) {
      for (const digest of manifestDigests(found)) {
        expect(sha256(await readFile(this.store.blobs.path(digest)))).toBe(digest);
      }
    }
  }

  async clear(): Promise<void> {
    for (const { name } of (await this.store.manifests.listOwn()).entries)
      await this.store.manifests.remove(name);
    await this.store.prune({ graceMs: 0, now: Date.now() + 30 * 24 * 3_600_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }

  async leftovers(): Promise<string[]> {
    return await readdir(this.store.blobs.folder);
  }
}

function closing(reply: PlainReply): Uint8Array {
  return encodeReply({ ...reply, headers: [...reply.headers, ['Connection', 'close']] });
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

const expectedCodes = ['upstream', 'invalid-request', 'storage-full'];

it(`${ROUNDS} damaged replies (seed ${SEED}) end in a model or a refusal, and a refusal leaves the store as it was`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const counts = new Map<string, number>();
  let next = 0;
  const run = async () => {
    await using lane = await Lane.open();
    for (let round = next++; round < ROUNDS; round = next++) {
      const seed = SEED + round;
      const { refusal, elapsedMs } = await lane.pull(seed);
      const told = `seed ${seed}: ${messageOf(refusal)}`;
      expect(elapsedMs, told).toBeLessThan(LONGEST_ROUND_MS);
      const target = targets[seed % targets.length];
      const key = `${target} ${refusal === undefined ? 'accepted' : 'refused'}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (refusal === undefined) {
        await lane.requireConsistent();
        await lane.clear();
      } else {
        expect(refusal, told).toBeInstanceOf(OllamaError);
        expect(expectedCodes, told).toContain((refusal as OllamaError).code);
        // Blobs that arrived whole before the refusal stay for the next pull, until the store is pruned.
        const added = (await lane.content()).filter((found) => !blobs.has(found as `sha256:${string}`));
        expect(added, told).toEqual([]);
        // Most refusals leave nothing, and looking for what to remove takes longer than the pull.
        if ((await lane.leftovers()).length > 0) await lane.clear();
      }
      expect(await lane.leftovers(), told).toEqual([]);
    }
  };
  await Promise.all(Array.from({ length: LANES }, run));
  // Both outcomes occur for the kinds of replies that can be repaired or read in another way.
  for (const key of [
    'manifest accepted',
    'manifest refused',
    'file accepted',
    'file refused',
    'blob refused',
  ])
    expect(counts.get(key), key).toBeGreaterThan(ROUNDS / 200);
});

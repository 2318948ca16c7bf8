/** Registries whose blobs never arrive: the pull ends nevertheless, and leaves nothing that cannot be resumed. */
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPullBench, type PullBench } from '../../../test/fakes/pull-bench.ts';
import {
  type Behaviour,
  onBlobs,
  RegistryServer,
  sha256,
} from '../../../test/fakes/servers/registry-server.ts';
import { ModelName } from '../../names/model-name.ts';
import type { Store } from '../../store/store.ts';
import { DownloadLocks } from './download-locks.ts';
import { pullModel } from './pull.ts';

const weights = Buffer.alloc(50_000, 'weights');
const digest = sha256(weights);
/** The first attempt and one after each wait. */
const MOST_TRIES = 7;

let registry: RegistryServer;
let bench: PullBench;
let store: Store;

beforeEach(async () => {
  registry = await RegistryServer.start();
  registry.publish('x', [{ mediaType: 'application/vnd.ollama.image.model', content: weights }]);
  bench = await openPullBench(100);
  ({ store } = bench);
});
afterEach(async () => {
  await registry.close();
  await bench.close();
});

async function pull(): Promise<void> {
  const name = ModelName.parse(registry.name('x'));
  const options = { ...bench.options, locks: new DownloadLocks() };
  for await (const event of pullModel(name, options)) expect(event).toBeDefined();
}

const forWeights = (answer: Parameters<typeof onBlobs>[1]): Behaviour =>
  onBlobs(
    registry,
    (request, response, blob) => blob.length === weights.length && answer(request, response, blob),
  );
const leftovers = async () =>
  (await readdir(store.blobs.folder)).filter((name) => name.includes(digest.slice(7)));

describe('a blob that never arrives', () => {
  it.each<[string, Parameters<typeof onBlobs>[1], RegExp]>([
    [
      'resets before the first byte',
      (request) => {
        request.socket.destroy();
        return true;
      },
      /^max retries exceeded: \S/,
    ],
    [
      'resets after the headers',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': weights.length });
        response.write('', () => response.destroy());
        response.flushHeaders();
        return true;
      },
      /^max retries exceeded: \S/,
    ],
    [
      'empty bodies',
      (_, response) => {
        response.writeHead(200).end();
        return true;
      },
      /^max retries exceeded: unexpected EOF$/,
    ],
    ['silence', () => true, /^max retries exceeded: the registry stopped responding$/],
    [
      'silence after the headers',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': weights.length }).flushHeaders();
        return true;
      },
      /^max retries exceeded: the registry stopped responding$/,
    ],
    [
      'a busy status',
      (_, response) => {
        response
          .writeHead(429, { 'Retry-After': '1' })
          .end('{"errors":[{"code":"TOOMANYREQUESTS","message":"busy"}]}');
        return true;
      },
      /^max retries exceeded: 429: TOOMANYREQUESTS: busy$/,
    ],
  ])('because of %s ends the pull, and nothing is kept', async (_, answer, message) => {
    registry.behave(forWeights(answer));
    await expect(pull()).rejects.toMatchObject({ code: 'upstream', message: expect.stringMatching(message) });
    expect(registry.requestsFor(digest)).toHaveLength(MOST_TRIES);
    expect(await leftovers()).toEqual([]);
    expect(await store.manifests.read(ModelName.parse(registry.name('x')))).toBeUndefined();
  });

  it('is given up at once when the registry refuses it', async () => {
    registry.behave(
      forWeights((_, response) => {
        response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"not yours"}]}');
        return true;
      }),
    );
    await expect(pull()).rejects.toThrow(/^403: DENIED: not yours$/);
    expect(registry.requestsFor(digest)).toHaveLength(1);
    expect(await leftovers()).toEqual([]);
  });

  it('whose end is always missing is given up too, and the next pull resumes it', async () => {
    let isShort = true;
    registry.behave(
      forWeights((_, response, blob) => {
        if (!isShort) return false;
        response.writeHead(200).end(blob.subarray(0, 20_000));
        return true;
      }),
    );
    await expect(pull()).rejects.toThrow(/^max retries exceeded: unexpected EOF$/);
    // One attempt that received bytes, one for the rest by a range, then as many as receive nothing.
    expect(registry.requestsFor(digest).length).toBeLessThanOrEqual(MOST_TRIES + 2);
    isShort = false;
    registry.requests.length = 0;
    await pull();
    const [request] = registry.requests.filter(({ url }) => url.includes(digest));
    expect(request?.headers.range).toBe('bytes=20000-49999');
    expect(await store.blobs.size(digest)).toBe(weights.length);
  });
});

describe('a manifest', () => {
  it('that arrives byte by byte is given up', async () => {
    registry.behave((request, response) => {
      if (!request.url?.includes('/manifests/')) return false;
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 5);
      response.once('close', () => clearInterval(timer));
      return true;
    });
    await expect(pull()).rejects.toThrow(`pull model manifest: ${registry.host} did not answer in time`);
    expect(registry.requestsFor('/blobs/')).toEqual([]);
  });

  it('that redirects to itself is given up', async () => {
    registry.behave((request, response) => {
      response.writeHead(302, { Location: request.url }).end();
      return true;
    });
    await expect(pull()).rejects.toThrow('maximum redirects exceeded');
  });
});

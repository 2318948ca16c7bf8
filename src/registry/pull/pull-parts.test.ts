import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPullBench, type PullBench } from '../../../test/fakes/pull-bench.ts';
import {
  breakBlobs,
  damageBlobs,
  ignoreRanges,
  onBlobs,
  RegistryServer,
  sha256,
} from '../../../test/fakes/servers/registry-server.ts';
import { silentLogger } from '../../base/logger.ts';
import { ModelName } from '../../names/model-name.ts';
import type { Store } from '../../store/store.ts';
import { DownloadLocks } from './download-locks.ts';
import { PartSink } from './part-sink.ts';
import { decodeParts, RECORD_LENGTH } from './part-state.ts';
import { PartialFile } from './partial-file.ts';
import { pullModel } from './pull.ts';
import type { PullProgress } from './pull-layers.ts';
import type { PullOptions } from './pull-options.ts';

const MIB = 1024 * 1024;
/** Three parts of 16, 16 and 8 MiB. */
const weights = randomBytes(40 * MIB);
const digest = sha256(weights);
const partRanges = ['bytes=0-16777215', 'bytes=16777216-33554431', 'bytes=33554432-41943039'];

let registry: RegistryServer;
let bench: PullBench;
let store: Store;

beforeEach(async () => {
  registry = await RegistryServer.start();
  registry.publish('x', [{ mediaType: 'application/vnd.ollama.image.model', content: weights }]);
  // A part on a busy machine may take a second.
  bench = await openPullBench(20);
  ({ store } = bench);
  await store.prepare();
});

afterEach(async () => {
  await registry.close();
  await bench.close();
});

async function pull(options: Partial<PullOptions> = {}): Promise<PullProgress[]> {
  const events: PullProgress[] = [];
  const name = ModelName.parse(registry.name('x'));
  for await (const event of pullModel(name, { ...bench.options, locks: new DownloadLocks(), ...options }))
    events.push(event);
  return events;
}

const weightRequests = () => registry.requests.filter(({ url }) => url.includes(digest));
const ranges = () => weightRequests().map(({ headers }: { headers: IncomingHttpHeaders }) => headers.range);
const partialPath = () => `${store.blobs.path(digest)}-partial`;
const leftovers = async () => (await readdir(store.blobs.folder)).filter((name) => name.includes('-partial'));

async function expectBlob(): Promise<void> {
  expect((await readFile(store.blobs.path(digest))).equals(weights)).toBe(true);
  expect(await leftovers()).toEqual([]);
}

/** The files of an interrupted pull, with the given number of bytes of each part. */
async function prepareParts(completed: readonly number[]): Promise<void> {
  const file = await PartialFile.open(store.blobs, digest, weights.length);
  for (const [index, part] of file.parts.entries()) {
    const sink = new PartSink(part, part.start, file, () => undefined);
    await sink.accept(weights.subarray(part.start, part.start + (completed[index] ?? 0)));
    await sink.flush();
  }
  await file.close();
}

/** A few bytes one by one, then the rest. */
function drip(response: ServerResponse, body: Uint8Array): void {
  for (let drop = 0; drop < 5; drop += 1)
    setTimeout(() => response.write(body.subarray(drop, drop + 1)), drop * 50);
  setTimeout(() => response.end(body.subarray(5)), 250);
}

describe('a blob in parts', () => {
  it('is downloaded over several connections at once, each byte once', async () => {
    let open = 0;
    let most = 0;
    registry.behave((request, response) => {
      if (request.url?.includes(digest)) {
        most = Math.max(most, ++open);
        response.on('close', () => {
          open -= 1;
        });
      }
      return false;
    });
    const events = await pull({ config: { noPrune: false, pullStreams: 2 } });
    expect(ranges().sort()).toEqual([...partRanges].sort());
    expect(most).toBe(2);
    const progress = events.filter((event) => event.digest === digest).map((event) => event.completed ?? 0);
    expect(progress).toEqual([...progress].sort((left, right) => left - right));
    expect(progress.at(-1)).toBe(weights.length);
    await expectBlob();
  });

  it('is requested in parts from another host that the registry redirects to', async () => {
    await using storage = await RegistryServer.start();
    storage.blobs.set(digest, weights);
    registry.behave((request, response) => {
      if (!request.url?.includes(digest)) return false;
      response.writeHead(307, { Location: `${storage.url}/blobs/${digest}` }).end();
      return true;
    });
    await pull();
    expect(storage.requests.map(({ headers }) => headers.range).sort()).toEqual([...partRanges].sort());
    await expectBlob();
  });

  it('arrives in one stream from a registry that ignores ranges, and keeps what is on disk', async () => {
    await prepareParts([16 * MIB, 3 * MIB, MIB]);
    registry.behave(ignoreRanges(registry));
    const events = await pull();
    expect(ranges().at(-1)).toBeUndefined();
    expect(ranges().filter((range) => range === undefined)).toHaveLength(1);
    const first = events.find((event) => event.digest === digest && event.completed);
    expect(first?.completed).toBeGreaterThanOrEqual(20 * MIB);
    await expectBlob();
  });

  it('survives resets within a range', async () => {
    registry.behave(breakBlobs(registry, 3 * MIB, 6));
    await pull();
    expect(ranges().length).toBeGreaterThan(3);
    await expectBlob();
  });

  it('survives silence within a range: only the rest of that range is requested again', async () => {
    let isSilent = true;
    registry.behave(
      onBlobs(registry, (request, response, blob) => {
        if (!isSilent || request.headers.range !== partRanges[1]) return false;
        isSilent = false;
        const headers = {
          'Content-Range': `bytes 16777216-33554431/${blob.length}`,
          'Content-Length': 16 * MIB,
        };
        response.writeHead(206, headers).write(blob.subarray(16 * MIB, 18 * MIB));
        return true;
      }),
    );
    await pull();
    expect(ranges()).toContain(`bytes=${18 * MIB}-33554431`);
    expect(ranges()).toHaveLength(4);
    await expectBlob();
  });

  it.each(['error', 'short', 'drip'] as const)('survives one response of the kind: %s', async (answer) => {
    const start = 32 * MIB;
    let isFirst = true;
    registry.behave(
      onBlobs(registry, (request, response, blob) => {
        if (!isFirst || request.headers.range !== partRanges[2]) return false;
        isFirst = false;
        const end = answer === 'short' ? start + 1000 : blob.length;
        const headers = {
          'Content-Range': `bytes ${start}-${end - 1}/${blob.length}`,
          'Content-Length': end - start,
        };
        if (answer === 'error') response.writeHead(503, { 'Retry-After': '1' }).end('busy');
        else if (answer === 'short') response.writeHead(206, headers).end(blob.subarray(start, end));
        else drip(response.writeHead(206, headers), blob.subarray(start, end));
        return true;
      }),
    );
    await pull();
    const again = { error: [partRanges[2]], short: [`bytes=${start + 1000}-41943039`], drip: [] }[answer];
    expect(ranges().slice(3)).toEqual(again);
    await expectBlob();
  });

  it.each([
    ['a different range', `bytes 0-16777215/${40 * MIB}`, 'a different part of'],
    ['a longer range', `bytes 33554432-41943040/${40 * MIB}`, 'a different part of'],
    ['a range of another blob', 'bytes 33554432-41943039/50000000', 'offers 50000000 bytes'],
    ['no range', 'all', 'did not say which part'],
  ])('is refused from a registry that answers with %s', async (_, range, message) => {
    registry.behave(
      onBlobs(registry, (request, response) => {
        if (request.headers.range !== partRanges[2]) return false;
        response.writeHead(206, { 'Content-Range': range }).end('x');
        return true;
      }),
    );
    await expect(pull()).rejects.toThrow(message);
    expect(await store.blobs.size(digest)).toBeUndefined();
  });

  it('is refused from a registry whose body does not end', async () => {
    let sent = 0;
    registry.behave(
      onBlobs(registry, (request, response, blob) => {
        if (request.headers.range !== partRanges[2]) return false;
        response.writeHead(206, { 'Content-Range': `bytes 33554432-41943039/${blob.length}` });
        const send = (): unknown => {
          while (!response.destroyed) {
            sent += MIB;
            if (!response.write(blob.subarray(0, MIB))) return response.once('drain', send);
          }
          return undefined;
        };
        send();
        return true;
      }),
    );
    await expect(pull()).rejects.toThrow(`the registry sent more than the ${8 * MIB} bytes`);
    expect(sent).toBeLessThan(32 * MIB);
  });
});

describe('an interrupted blob', () => {
  it('continues in every part where it ended', async () => {
    await prepareParts([16 * MIB, 3 * MIB, MIB]);
    await pull();
    expect(ranges().sort()).toEqual([`bytes=${19 * MIB}-33554431`, `bytes=${33 * MIB}-41943039`].sort());
    await expectBlob();
  });

  it('keeps what every connection received when it is canceled', async () => {
    registry.behave(
      onBlobs(registry, (request, response, blob) => {
        const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
        if (from === undefined) return false;
        const start = Number(from);
        const headers = { 'Content-Range': `bytes ${from}-${to}/${blob.length}` };
        response.writeHead(206, headers).write(blob.subarray(start, start + 2 * MIB));
        return true;
      }),
    );
    const controller = new AbortController();
    const canceled = (async () => {
      for await (const event of pullModel(ModelName.parse(registry.name('x')), {
        store,
        locks: new DownloadLocks(),
        fetch,
        logger: silentLogger,
        version: '0.0.0-test',
        insecure: true,
        signal: controller.signal,
      }))
        if (event.completed === 6 * MIB) controller.abort();
    })();
    await expect(canceled).rejects.toMatchObject({ code: 'canceled' });
    const state = await readFile(`${partialPath()}.state`, 'latin1');
    const parts = decodeParts(state, weights.length, weights.length);
    expect(parts.map(({ completed }) => completed)).toEqual([2 * MIB, 2 * MIB, 2 * MIB]);
  });

  it('downloads again only the parts whose state is lost', async () => {
    await prepareParts([16 * MIB, 16 * MIB, 8 * MIB]);
    await truncate(`${partialPath()}.state`, 2 * RECORD_LENGTH + 50);
    await pull();
    expect(ranges()).toEqual([partRanges[2]]);
    await expectBlob();
  });

  it("imports what Ollama's parallel download left, and removes its files", async () => {
    const file = await open(partialPath(), 'w');
    await file.truncate(weights.length);
    await file.write(weights.subarray(0, 18 * MIB), 0, 18 * MIB, 0);
    await file.write(weights.subarray(32 * MIB, 33 * MIB), 0, MIB, 32 * MIB);
    await file.close();
    const parts = [
      { N: 0, Offset: 0, Size: 32 * MIB, Completed: 18 * MIB },
      { N: 1, Offset: 32 * MIB, Size: 8 * MIB, Completed: MIB },
    ];
    for (const part of parts) await writeFile(`${partialPath()}-${part.N}`, JSON.stringify(part));
    await writeFile(`${partialPath()}-2`, 'torn');
    await pull();
    expect(ranges().sort()).toEqual([`bytes=${18 * MIB}-33554431`, `bytes=${33 * MIB}-41943039`].sort());
    await expectBlob();
  });
});

describe('a wrong digest', () => {
  it('costs one part that was damaged in transit', async () => {
    registry.behave(damageBlobs(registry, [20 * MIB]));
    await pull();
    expect(ranges().length).toBeLessThanOrEqual(5);
    expect(ranges().filter((range) => range === partRanges[1])).toHaveLength(2);
    await expectBlob();
  });

  it('costs only the part that was damaged on disk', async () => {
    await prepareParts([16 * MIB, 16 * MIB, 4 * MIB]);
    const file = await open(partialPath(), 'r+');
    await file.write(Buffer.from('spoilt'), 0, 6, 18 * MIB);
    await file.close();
    await pull();
    expect(ranges()).toEqual([`bytes=${36 * MIB}-41943039`, partRanges[1]]);
    await expectBlob();
  });

  it('that persists is an error after each part arrived twice, and nothing is kept', async () => {
    const wrong = Buffer.from(weights).fill(0, 100, 200);
    registry.blobs.set(digest, wrong);
    await expect(pull()).rejects.toThrow(
      `digest mismatch, file must be downloaded again: want ${digest}, got ${sha256(wrong)}`,
    );
    expect(ranges().sort()).toEqual([...partRanges, ...partRanges].sort());
    expect((await readdir(store.blobs.folder)).filter((name) => name.includes(digest.slice(7)))).toEqual([]);
  });

  it('from a registry that ignores ranges costs one more stream', async () => {
    registry.behave(damageBlobs(registry, [20 * MIB]));
    registry.behave(ignoreRanges(registry));
    await pull();
    expect(ranges().filter((range) => range === undefined)).toHaveLength(2);
    await expectBlob();
  });
});

describe('a loss of power', () => {
  /** The state of all parts is on disk, but only as much of the data as the test leaves. */
  const loseData = async (change: (file: FileHandle) => Promise<unknown>) => {
    await prepareParts([16 * MIB, 10 * MIB, 4 * MIB]);
    const file = await open(partialPath(), 'r+');
    await change(file);
    await file.close();
  };

  it('that zeroed pages costs only the parts that contain them', async () => {
    await loseData(async (file) => {
      for (const place of [4096, 20 * MIB]) await file.write(Buffer.alloc(4096), 0, 4096, place);
    });
    await pull();
    const rests = [`bytes=${26 * MIB}-33554431`, `bytes=${36 * MIB}-41943039`];
    // For an unfinished part, the damaged page cannot be located, because the part's hash was lost with the process.
    expect(ranges().slice(0, 2).sort()).toEqual(rests.sort());
    expect(ranges().slice(2).sort()).toEqual(partRanges.slice(0, 2).sort());
    await expectBlob();
  });

  it('that left the file shorter than its state claims costs what is missing', async () => {
    await loseData((file) => file.truncate(18 * MIB));
    await pull();
    expect(ranges().every((range) => range !== partRanges[0])).toBe(true);
    await expectBlob();
  });

  it('that left no data at all costs a new download', async () => {
    await loseData((file) => file.truncate(0));
    await pull();
    await expectBlob();
  });

  it('that tore a line of the state costs the part on that line', async () => {
    await prepareParts([16 * MIB, 16 * MIB, 8 * MIB]);
    const state = await open(`${partialPath()}.state`, 'r+');
    await state.write(Buffer.alloc(20, 'x'), 0, 20, RECORD_LENGTH + 10);
    await state.close();
    await pull();
    expect(ranges()).toEqual([partRanges[1]]);
    await expectBlob();
  });
});

import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPullBench, type PullBench } from '../../../test/fakes/pull-bench.ts';
import { FileServer } from '../../../test/fakes/servers/file-server.ts';
import { sha256 } from '../../../test/fakes/servers/registry-server.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Digest } from '../../names/digest.ts';
import { FileUrl } from '../../names/file-url.ts';
import type { Store } from '../../store/store.ts';
import type { PullProgress } from '../pull/pull-layers.ts';
import type { PullOptions } from '../pull/pull-options.ts';
import { type FileSource, fetchFile } from './fetch-file.ts';

const MIB = 1024 * 1024;
const PATH = '/models/x.gguf';

let files: FileServer;
let bench: PullBench;
let folder: string;
let store: Store;

beforeEach(async () => {
  files = await FileServer.start();
  bench = await openPullBench(20);
  ({ folder, store } = bench);
});

afterEach(async () => {
  await files[Symbol.asyncDispose]();
  await bench.close();
});

type Options = Partial<PullOptions> & Partial<FileSource> & { readonly path?: string };

async function fetched(options: Options = {}): Promise<{ digest: Digest; events: PullProgress[] }> {
  const source = FileUrl.parse(files.url(options.path ?? PATH));
  if (!source) throw new Error('no URL of a file');
  const steps = fetchFile(
    {
      url: source.url,
      name: source.name,
      checkStart: () => undefined,
      check: async () => undefined,
      ...options,
    },
    { ...bench.options, ...options },
  );
  const events: PullProgress[] = [];
  for (;;) {
    const next = await steps.next();
    if (next.done) return { digest: next.value, events };
    events.push(next.value);
  }
}

const blobFiles = async () => (await readdir(join(folder, 'blobs')).catch(() => [])).sort();
const blobName = (bytes: Uint8Array) => sha256(bytes).replace(':', '-');

/** Cuts the connection after some bytes of each response, for the first responses to ranges beyond the start. */
function breakAnswers(bytes: Uint8Array, after: number, times: number): void {
  let left = times;
  files.behave((request, response) => {
    if (request.headers.range === 'bytes=0-1023' || left <= 0) return false;
    left -= 1;
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const [start, end] = [Number(first), last === '' ? bytes.length : Number(last) + 1];
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      ETag: `"${sha256(bytes).slice(7, 27)}"`,
      'Content-Length': end - start,
      'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}`,
    });
    response.write(bytes.subarray(start, Math.min(start + after, end)), () => response.destroy());
    return true;
  });
}

describe('a file on a web server', () => {
  it('is downloaded in ranges, each requested on condition that the file is unchanged', async () => {
    const bytes = randomBytes(40 * MIB);
    files.files.set(PATH, bytes);
    const { digest, events } = await fetched();
    expect(digest).toBe(sha256(bytes));
    expect(await blobFiles()).toEqual([blobName(bytes)]);
    expect(Buffer.compare(await readFile(store.blobs.path(digest)), bytes)).toBe(0);
    expect(files.ranges().sort()).toEqual([
      `bytes=0-${16 * MIB - 1}`,
      `bytes=${16 * MIB}-${32 * MIB - 1}`,
      `bytes=${32 * MIB}-${40 * MIB - 1}`,
    ]);
    const conditions = new Set(files.requests.slice(1).map(({ headers }) => headers['if-range']));
    expect([...conditions]).toEqual([`"${sha256(bytes).slice(7, 27)}"`]);
    expect(events.at(-1)).toMatchObject({
      status: 'pulling x.gguf',
      total: bytes.length,
      completed: bytes.length,
    });
  });

  it('is not downloaded again while its version is unchanged and the blob exists', async () => {
    const bytes = randomBytes(MIB);
    files.files.set(PATH, bytes);
    await fetched();
    files.requests.length = 0;
    expect((await fetched()).digest).toBe(sha256(bytes));
    expect(files.ranges()).toEqual([]);
    await store.blobs.remove(sha256(bytes));
    expect((await fetched()).digest).toBe(sha256(bytes));
    expect(await blobFiles()).toEqual([blobName(bytes)]);
  });

  it('is downloaded once for two concurrent requests', async () => {
    const bytes = randomBytes(MIB);
    files.files.set(PATH, bytes);
    const both = await Promise.all([fetched(), fetched()]);
    expect(both.map(({ digest }) => digest)).toEqual([sha256(bytes), sha256(bytes)]);
    expect(files.ranges()).toHaveLength(1);
  });

  it('continues with the missing bytes after broken connections', async () => {
    const bytes = randomBytes(MIB);
    files.files.set(PATH, bytes);
    breakAnswers(bytes, 100_000, 3);
    expect((await fetched()).digest).toBe(sha256(bytes));
    expect(files.ranges()).toHaveLength(4);
  });

  it('that stays truncated is an error; the next attempt keeps what arrived', async () => {
    const bytes = randomBytes(MIB);
    files.files.set(PATH, bytes);
    breakAnswers(bytes, 0, 6);
    breakAnswers(bytes, 500_000, 1);
    await expect(fetched()).rejects.toThrow(/^pull http:.*x\.gguf: max retries exceeded/);
    files.requests.length = 0;
    expect((await fetched()).digest).toBe(sha256(bytes));
    expect(files.ranges()).toEqual([`bytes=500000-${MIB - 1}`]);
  });

  it('starts again when nothing shows whether the file is unchanged', async () => {
    const bytes = randomBytes(MIB);
    files.files.set(PATH, bytes);
    files.hasValidators = false;
    const controller = new AbortController();
    let isCut = false;
    files.behave((request, response) => {
      if (request.headers.range === 'bytes=0-1023' || isCut) return false;
      isCut = true;
      response.writeHead(200, { 'Content-Length': bytes.length });
      response.write(bytes.subarray(0, 500_000), () => setTimeout(() => controller.abort(), 50));
      return true;
    });
    await expect(fetched({ signal: controller.signal })).rejects.toMatchObject({ code: 'canceled' });
    files.requests.length = 0;
    expect((await fetched()).digest).toBe(sha256(bytes));
    expect(files.ranges()).toEqual(['']);
  });

  it('starts again when it changes during the download', async () => {
    const [before, after] = [randomBytes(40 * MIB), randomBytes(40 * MIB)];
    files.files.set(PATH, before);
    let answers = 0;
    files.behave(() => {
      answers += 1;
      if (answers === 3) files.files.set(PATH, after);
      return false;
    });
    const { digest } = await fetched({ config: { noPrune: false, pullStreams: 1 } });
    expect(digest).toBe(sha256(after));
    expect(await blobFiles()).toEqual([blobName(after)]);
  });

  it('that keeps changing is an error that leaves nothing behind', async () => {
    files.behave(() => {
      files.files.set(PATH, randomBytes(2000));
      return false;
    });
    await expect(fetched()).rejects.toThrow('changed while it was being downloaded');
    expect(await blobFiles()).toEqual([]);
  });

  it('is read in one stream from a server without range support', async () => {
    const bytes = randomBytes(20 * MIB);
    files.behave((_, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes);
      return true;
    });
    expect((await fetched()).digest).toBe(sha256(bytes));
  });

  it('becomes no blob when it is longer or shorter than stated', async () => {
    files.behave((request, response) => {
      const isFirst = request.headers.range === 'bytes=0-1023';
      const size = isFirst ? 5000 : 6000;
      const range = isFirst ? { 'Content-Range': `bytes 0-1023/${size}` } : {};
      response
        .writeHead(isFirst ? 206 : 200, { ETag: '"a"', ...range })
        .end(Buffer.alloc(isFirst ? 1024 : size));
      return true;
    });
    await expect(fetched()).rejects.toThrow('sent more than the 5000 bytes');
    expect((await blobFiles()).filter((name) => !name.includes('partial'))).toEqual([]);
  });
});

describe('a file of unknown size', () => {
  const endless = (bytes: number) => {
    files.behave((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
      let left = bytes;
      const more = () => {
        left -= MIB;
        if (left < 0) response.end();
        else response.write(Buffer.alloc(MIB, 'x'), more);
      };
      more();
      return true;
    });
  };

  it('is read whole', async () => {
    endless(3 * MIB);
    expect((await fetched()).digest).toBe(sha256(Buffer.alloc(3 * MIB, 'x')));
  });

  it('is refused when it would fill the disk, and leaves nothing behind', async () => {
    endless(Number.POSITIVE_INFINITY);
    const freeBytes = async () => 260 * MIB;
    await expect(fetched({ freeBytes })).rejects.toMatchObject({ code: 'storage-full' });
    expect(await blobFiles()).toEqual([]);
  });
});

describe('what is refused', () => {
  it('by its start costs one request', async () => {
    files.files.set(PATH, randomBytes(MIB));
    const checkStart = () => {
      throw new OllamaError('invalid-request', 'not what we want');
    };
    await expect(fetched({ checkStart })).rejects.toThrow('not what we want');
    expect(files.requests).toHaveLength(1);
    expect(await blobFiles()).toEqual([]);
  });

  it('by its content leaves nothing behind', async () => {
    files.files.set(PATH, randomBytes(MIB));
    const check = async () => {
      throw new OllamaError('invalid-request', 'not what we want');
    };
    await expect(fetched({ check })).rejects.toThrow('not what we want');
    expect(await blobFiles()).toEqual([]);
  });

  it('for its size leaves nothing behind', async () => {
    files.files.set(PATH, randomBytes(MIB));
    await expect(fetched({ freeBytes: async () => 1000 })).rejects.toThrow('not enough disk space');
    expect(await blobFiles()).toEqual([]);
  });

  it('includes compressed and missing files', async () => {
    await expect(fetched()).rejects.toThrow(`pull ${files.url(PATH)}: file does not exist`);
    files.behave((_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'br', 'Content-Length': 10 }).end(Buffer.alloc(10));
      return true;
    });
    await expect(fetched()).rejects.toThrow('is sent with the content encoding "br"');
  });
});

describe('a file with a known digest', () => {
  it('is checked, and costs no request if the blob exists', async () => {
    const bytes = randomBytes(MIB);
    files.files.set(PATH, bytes);
    const expected = { digest: sha256(bytes), size: bytes.length };
    expect((await fetched({ expected })).digest).toBe(expected.digest);
    files.requests.length = 0;
    await fetched({ expected });
    expect(files.requests).toEqual([]);
    const other = { digest: sha256('other'), size: bytes.length };
    await expect(fetched({ expected: other })).rejects.toThrow('digest mismatch');
    await expect(fetched({ expected: { ...other, size: 5 } })).rejects.toThrow('not the expected 5');
    expect(await blobFiles()).toEqual([blobName(bytes)]);
  });
});

describe('allowed locations', () => {
  const addresses: Record<string, string[]> = {
    'files.example': ['203.0.113.5'],
    'inside.example': ['10.0.0.7'],
  };
  const resolveHost = async (host: string) => addresses[host] ?? [];
  const source = FileUrl.parse('https://files.example/x.gguf');

  it.each([
    ['https://inside.example/x', /refused a redirect .* private address/],
    ['https://169.254.169.254/x', /link-local/],
    ['http://files.example/x', /insecure protocol http/],
    ['https://files.example/x.gguf', /maximum redirects exceeded \(10\)/],
  ])('a redirect to %s is refused', async (target, message) => {
    if (!source) throw new Error('no URL of a file');
    const asked: string[] = [];
    const redirect: typeof fetch = async (input) => {
      asked.push(String(input));
      return new Response(null, { status: 302, headers: { Location: target } });
    };
    const { url, name } = source;
    const options = { url, name, fetch: redirect, resolveHost, insecure: false };
    await expect(fetched(options)).rejects.toThrow(message);
    expect(asked.every((href) => href === url.href)).toBe(true);
  });
});

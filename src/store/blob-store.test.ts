import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../test/fakes/mode-bits.ts';
import { type Digest, parseDigest } from '../names/digest.ts';
import { BlobStore } from './blob-store.ts';

let folder: string;
let store: BlobStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blobs-'));
  store = new BlobStore(join(folder, 'blobs'));
});
afterEach(() => rm(folder, { recursive: true }));

const digestOf = (text: string): Digest =>
  parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
const files = () => readdir(store.folder);

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

describe('BlobStore.write', () => {
  it('stores the bytes under their digest, readable by others', async () => {
    const digest = digestOf('hello world');
    const written = await store.write(chunks('hello', ' ', 'world'), { expected: digest });
    expect(written).toEqual({ digest, size: 11, existed: false });
    expect(await files()).toEqual([digest.replace(':', '-')]);
    expect(await readFile(store.path(digest), 'utf8')).toBe('hello world');
    expect(await permissionsOf(store.path(digest), 0o644)).toBe(0o644);
    expect(await store.size(digest)).toBe(11);
  });

  it('reports when the blob already existed', async () => {
    await store.writeText('x');
    expect(await store.writeText('x')).toEqual({ digest: digestOf('x'), size: 1, existed: true });
    expect(await files()).toHaveLength(1);
  });

  it('replaces a blob that was cut short', async () => {
    await store.writeText('complete');
    await writeFile(store.path(digestOf('complete')), 'comp');
    expect(await store.writeText('complete')).toMatchObject({ existed: false });
    expect(await store.read(digestOf('complete'))).toBe('complete');
  });

  it('keeps nothing when the digest differs', async () => {
    const expected = digestOf('promised');
    const message = `digest mismatch, expected "${expected}", got "${digestOf('delivered')}"`;
    await expect(store.write(chunks('delivered'), { expected })).rejects.toThrow(message);
    expect(await files()).toEqual([]);
  });

  it('keeps nothing when the body breaks off', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new Error('connection lost');
    }
    await expect(store.write(broken())).rejects.toThrow('connection lost');
    expect(await files()).toEqual([]);
  });

  it('keeps nothing when canceled midway', async () => {
    const controller = new AbortController();
    async function* canceled(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      controller.abort();
      yield new Uint8Array(10);
    }
    await expect(store.write(canceled(), { signal: controller.signal })).rejects.toMatchObject({
      code: 'canceled',
    });
    expect(await files()).toEqual([]);
  });

  it('names the folder when the disk is full, and keeps nothing', async () => {
    async function* full(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    }
    const writing = store.write(full());
    await expect(writing).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringContaining(store.folder),
    });
    expect(await files()).toEqual([]);
  });

  it('names an unfinished file so that prune recognises it: not a valid digest', async () => {
    let seen: string[] = [];
    async function* watching(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      seen = await files();
      expect(await store.list()).toEqual([expect.not.objectContaining({ digest: expect.anything() })]);
    }
    await store.write(watching());
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatch(/^sha256-\d{1,15}$/);
  });

  it('stores the same bytes from several concurrent writers', async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => store.writeText('same')));
    expect(new Set(results.map((result) => result.digest)).size).toBe(1);
    expect(await files()).toHaveLength(1);
  });

  it('stores an empty blob', async () => {
    const { digest } = await store.write(chunks());
    expect(digest).toBe(digestOf(''));
    expect(await store.size(digest)).toBe(0);
  });
});

describe('BlobStore.adoptHashed', () => {
  it('names a finished file by the digest of its writer, and keeps a blob that is there', async () => {
    for (const existed of [false, true]) {
      const place = await store.newTemporaryPlace();
      await writeFile(place, 'weights');
      const hashed = { digest: digestOf('weights'), size: 7 };
      expect(await store.adoptHashed(place, hashed)).toEqual({ ...hashed, existed });
    }
    expect(await store.read(digestOf('weights'))).toBe('weights');
  });

  it('refuses a file that has another size than its writer counted', async () => {
    const place = await store.newTemporaryPlace();
    await writeFile(place, 'weights');
    const hashed = { digest: digestOf('weights'), size: 8 };
    await expect(store.adoptHashed(place, hashed)).rejects.toThrow('has 7 bytes instead of 8');
    expect(await store.size(digestOf('weights'))).toBeUndefined();
  });
});

describe('BlobStore', () => {
  it('never leaves its folder, whatever the digest (CVE-2024-37032, CVE-2025-44779, CVE-2026-7020)', async () => {
    const outside = join(folder, 'precious');
    await writeFile(outside, 'x');
    for (const text of ['sha256:../precious', '../precious', `sha256:${'../'.repeat(21)}x`, outside]) {
      const digest = text as Digest;
      expect(() => store.path(digest)).toThrow('invalid digest format');
      await expect(store.size(digest)).rejects.toThrow('invalid digest format');
      await expect(store.read(digest)).rejects.toThrow('invalid digest format');
      await expect(store.remove(digest)).rejects.toThrow('invalid digest format');
    }
    expect(await readFile(outside, 'utf8')).toBe('x');
  });

  it('has no size for paths that are absent or not files', async () => {
    expect(await store.size(digestOf('absent'))).toBeUndefined();
    await mkdir(store.path(digestOf('folder')), { recursive: true });
    expect(await store.size(digestOf('folder'))).toBeUndefined();
  });

  it('reads text, but not absent or huge blobs', async () => {
    const { digest } = await store.writeText('héllo');
    expect(await store.read(digest)).toBe('héllo');
    await expect(store.read(digestOf('absent'))).rejects.toMatchObject({ code: 'not-found' });
    const large = await store.write(chunks('x'.repeat(33 * 1024 * 1024)));
    await expect(store.read(large.digest)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('removes a blob, and ignores one that does not exist', async () => {
    const { digest } = await store.writeText('x');
    await store.remove(digest);
    await store.remove(digest);
    expect(await files()).toEqual([]);
  });

  it('lists files with the digests in their names', async () => {
    expect(await store.list()).toEqual([]);
    const { digest } = await store.writeText('abc');
    await writeFile(join(store.folder, `${digest.replace(':', '-')}-partial`), '');
    await mkdir(join(store.folder, 'folder'));
    const entries = (await store.list()).sort((left, right) => left.fileName.length - right.fileName.length);
    expect(entries).toEqual([
      { fileName: digest.replace(':', '-'), digest, size: 3, modifiedAt: expect.any(Date) },
      { fileName: `${digest.replace(':', '-')}-partial`, size: 0, modifiedAt: expect.any(Date) },
    ]);
  });
});

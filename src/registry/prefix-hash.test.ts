import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PrefixHash } from './prefix-hash.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;
const hexOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let path: string;
let hash: PrefixHash;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prefix-hash-'));
  path = join(folder, 'partial');
});
afterEach(async () => {
  await hash.close();
  await rm(folder, { recursive: true });
});

describe('PrefixHash', () => {
  it.each([0, 1000, 8 * MIB, 20 * MIB + 7])('is the SHA-256 of a file of %i bytes', async (size) => {
    const bytes = randomBytes(size);
    await writeFile(path, bytes);
    hash = new PrefixHash(path, size);
    expect(await hash.digest(never)).toBe(hexOf(bytes));
  });

  it.each([3 * MIB, 21 * MIB])('follows a file of %i bytes that grows from both ends', async (size) => {
    const bytes = randomBytes(size);
    const third = Math.floor(size / 3);
    const file = await open(path, 'w');
    try {
      await file.write(bytes, 2 * third, undefined, 2 * third);
      hash = new PrefixHash(path, size);
      await file.write(bytes, 0, third, 0);
      hash.advance(third);
      await file.write(bytes, third, third, third);
      hash.advance(size);
    } finally {
      await file.close();
    }
    expect(await hash.digest(never)).toBe(hexOf(bytes));
  });

  it('reads nothing behind what it was told is whole', async () => {
    const bytes = randomBytes(12 * MIB);
    await writeFile(path, bytes.subarray(0, 6 * MIB));
    hash = new PrefixHash(path, bytes.length);
    // The rest is not there yet: reading on would be an error.
    for (const end of [MIB, 5 * MIB, 6 * MIB]) hash.advance(end);
    await writeFile(path, bytes.subarray(6 * MIB), { flag: 'a' });
    expect(await hash.digest(never)).toBe(hexOf(bytes));
  });

  it('fails when the file has become shorter, or is not there', async () => {
    await writeFile(path, randomBytes(10 * MIB));
    hash = new PrefixHash(path, 10 * MIB);
    await truncate(path, 2 * MIB);
    await expect(hash.digest(never)).rejects.toThrow('a partial file has become shorter');
    await hash.close();
    hash = new PrefixHash(join(folder, 'none'), 10 * MIB);
    await expect(hash.digest(never)).rejects.toThrow(/ENOENT|the hashing thread ended/);
  });

  it.each([1000, 64 * MIB])('of %i bytes can be canceled', async (size) => {
    await writeFile(path, new Uint8Array(size));
    hash = new PrefixHash(path, size);
    await expect(hash.digest(AbortSignal.abort())).rejects.toMatchObject({ code: 'canceled' });
  });

  it('is canceled while the thread reads', async () => {
    await writeFile(path, new Uint8Array(64 * MIB));
    hash = new PrefixHash(path, 64 * MIB);
    const controller = new AbortController();
    const digest = hash.digest(controller.signal);
    controller.abort();
    await expect(digest).rejects.toMatchObject({ code: 'canceled' });
  });

  it('can be closed at any time', async () => {
    await writeFile(path, new Uint8Array(64 * MIB));
    hash = new PrefixHash(path, 64 * MIB);
    hash.advance(64 * MIB);
    await hash.close();
    await expect(hash.digest(never)).rejects.toThrow('the hashing thread ended');
  });
});

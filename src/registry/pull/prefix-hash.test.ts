import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PrefixHash } from './prefix-hash.ts';

const MIB = 1024 * 1024;
const { signal } = new AbortController();

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prefix-hash-'));
  path = join(folder, 'file');
});
afterEach(() => rm(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the hash of a file that is being written', () => {
  it.each([0, 1, MIB, 20 * MIB, 20 * MIB + 1])('of %i bytes equals the hash of the whole', async (size) => {
    const bytes = randomBytes(size);
    await writeFile(path, bytes);
    const hash = new PrefixHash(path, size);
    expect(await hash.digest(signal)).toBe(sha256(bytes));
    await hash.close();
  });

  it('covers the complete prefix, and never reads what may still change', async () => {
    const bytes = randomBytes(24 * MIB);
    const file = await open(path, 'w');
    await file.truncate(bytes.length);
    const hash = new PrefixHash(path, bytes.length);
    for (let end = 3 * MIB; end <= bytes.length; end += 3 * MIB) {
      await file.write(bytes, end - 3 * MIB, 3 * MIB, end - 3 * MIB);
      hash.advance(end);
    }
    await file.close();
    expect(await hash.digest(signal)).toBe(sha256(bytes));
    await hash.close();
  });

  it('reads nothing beyond what it was given', async () => {
    const bytes = randomBytes(12 * MIB);
    await writeFile(path, bytes.subarray(0, 6 * MIB));
    const hash = new PrefixHash(path, bytes.length);
    // Reading beyond that point would be an error.
    for (const end of [MIB, 5 * MIB, 6 * MIB]) hash.advance(end);
    await writeFile(path, bytes.subarray(6 * MIB), { flag: 'a' });
    expect(await hash.digest(signal)).toBe(sha256(bytes));
    await hash.close();
  });

  it('fails when the file does not exist', async () => {
    for (const size of [MIB, 16 * MIB]) {
      const hash = new PrefixHash(path, size);
      await expect(hash.digest(signal)).rejects.toThrow('ENOENT');
      await hash.close();
    }
  });

  it('fails when the file gets shorter, instead of waiting for ever', async () => {
    await writeFile(path, randomBytes(16 * MIB));
    const hash = new PrefixHash(path, 16 * MIB);
    await truncate(path, MIB);
    await expect(hash.digest(signal)).rejects.toThrow('a partial file has become shorter');
    await hash.close();
  });

  it('can be canceled at any time', async () => {
    await writeFile(path, randomBytes(16 * MIB));
    const hash = new PrefixHash(path, 16 * MIB);
    const controller = new AbortController();
    const digest = hash.digest(controller.signal);
    controller.abort();
    await expect(digest).rejects.toMatchObject({ code: 'canceled' });
    await hash.close();
  });
});

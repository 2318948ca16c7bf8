import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packFiles } from '../../../test/fakes/package-file.ts';
import { tarFile } from '../../../test/fakes/tar-file.ts';
import { readPackageArchive } from './package-archive.ts';

const MIB = 2 ** 20;
const read = (bytes: Uint8Array) => readPackageArchive(bytes, MIB);

describe('readPackageArchive', () => {
  // Wine has no program tar.
  it.skipIf(process.platform === 'win32')('reads what the program tar has packed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ollama-archive-'));
    try {
      const file = join(folder, 'x.tgz');
      const long = 'x'.repeat(600);
      await packFiles(file, { 'package.json': '{}', 'a/b/c.txt': long, empty: '' });
      const files = read(await readFile(file)).filter(({ type }) => type === 'file');
      expect(new Map(files.map(({ name, content }) => [name, content.toString()]))).toEqual(
        new Map([
          ['package/package.json', '{}'],
          ['package/a/b/c.txt', long],
          ['package/empty', ''],
        ]),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('joins the two halves of a long name, and says what is no file', () => {
    const entries = read(
      tarFile([
        { name: 'x.dll', prefix: 'package/bins' },
        { name: 'package/', type: '5' },
        { name: 'package/link', type: '2' },
        { name: 'package/other', type: 'x' },
      ]),
    );
    expect(entries.map(({ name, type }) => [name, type])).toEqual([
      ['package/bins/x.dll', 'file'],
      ['package/', 'folder'],
      ['package/link', 'other'],
      ['package/other', 'other'],
    ]);
  });

  it.each([
    ['no compressed file', Buffer.from('text'), /is damaged, or not compressed with gzip/],
    ['more bytes than allowed', gzipSync(Buffer.alloc(MIB + 1)), /has more than 1048576 bytes unpacked/],
    ['an entry beyond the end', tarFile([{ name: 'a', size: '00000777777' }]), /is damaged/],
    ['a size that is not a number', tarFile([{ name: 'a', size: 'zzz' }]), /is damaged/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
  });
});

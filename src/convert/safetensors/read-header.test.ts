import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeSafetensors, safetensorsOf } from '../../../test/fakes/import/safetensors-file.ts';
import { readSafetensorsHeader } from './read-header.ts';

const folder = mkdtempSync(join(tmpdir(), 'ollama-header-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'blob');
const file = { name: 'model.safetensors', path };

async function read(content: Uint8Array | string) {
  writeFileSync(path, content);
  return await readSafetensorsHeader(file);
}

const entry = (dtype: string, shape: unknown, offsets: unknown) => ({ dtype, shape, data_offsets: offsets });
const readEntries = (header: unknown, bytes = 8) =>
  read(encodeSafetensors(JSON.stringify(header), new Uint8Array(bytes)));

describe('readSafetensorsHeader', () => {
  it('returns tensors by the order of their names in code points, with their places in the file', async () => {
    const bytes = new Uint8Array(4);
    const names = ['b', '\u{1f600}', 'a', '\uffee', 'a.1'];
    const tensors = await read(
      safetensorsOf(names.map((name) => ({ name, type: 'F32', shape: [1], bytes }))),
    );
    expect(tensors.map(({ name }) => name)).toEqual(['a', 'a.1', 'b', '\uffee', '\u{1f600}']);
    const [first, , third] = tensors;
    expect(first).toMatchObject({ type: 'F32', shape: [1], path, byteSize: 4 });
    expect((first?.start ?? 0) - (third?.start ?? 0)).toBe(8);
  });

  it('accepts scalars, empty tensors, spaces behind the header, further fields and gaps', async () => {
    const header = {
      scalar: entry('F32', [], [0, 4]),
      empty: { ...entry('F32', [0, 7], [4, 4]), note: 'x' },
      last: entry('U8', [2], [6, 8]),
    };
    const text = `${JSON.stringify(header)}      `;
    const tensors = await read(encodeSafetensors(text, new Uint8Array(8)));
    expect(tensors.map(({ name, shape, byteSize }) => [name, shape, byteSize])).toEqual([
      ['empty', [0, 7], 0],
      ['last', [2], 2],
      ['scalar', [], 4],
    ]);
  });

  const refused: [what: string, content: () => Uint8Array | string, message: string][] = [
    ['an empty file', () => '', 'is not a safetensors file: it is too short'],
    ['a Git LFS pointer', () => 'version https://git-lfs.github.com/spec/v1\noid x', 'run git lfs pull'],
    [
      'a GGUF file',
      () => Buffer.from('GGUF\x03\0\0\0\x05\0\0\0'),
      'its header is larger than 100000000 bytes',
    ],
    [
      'a length of 2^64 - 1',
      () => new Uint8Array(16).fill(0xff),
      'its header is larger than 100000000 bytes',
    ],
    [
      'a file that ends within its header',
      () => encodeSafetensors('{}', new Uint8Array()).subarray(0, 9),
      'ends within its header',
    ],
    ['a header that is not JSON', () => encodeSafetensors('{', new Uint8Array()), 'its header is not JSON'],
    [
      'a header with bytes that are not UTF-8',
      () => encodeSafetensors(Buffer.from([0x22, 0xff, 0x22]), new Uint8Array()),
      'is not JSON',
    ],
    ['a header that is a list', () => encodeSafetensors('[1]', new Uint8Array()), 'is not a JSON object'],
    [
      'lists nested without end',
      () => encodeSafetensors('['.repeat(1e6), new Uint8Array()),
      'more than names, types',
    ],
    [
      'millions of values',
      () => encodeSafetensors(`[${'0,'.repeat(3e6)}0]`, new Uint8Array()),
      'more than names, types',
    ],
  ];
  for (const [what, content, message] of refused)
    it(`refuses ${what}`, async () => {
      await expect(read(content())).rejects.toThrow(message);
      await expect(read(content())).rejects.toMatchObject({ code: 'invalid-request' });
    });

  it('refuses keys that appear twice, which JSON.parse would hide', async () => {
    const one = JSON.stringify(entry('U8', [1], [0, 1]));
    const twoTensors = `{"a":${one},"\\u0061":${one}}`;
    const twoShapes = '{"a":{"dtype":"U8","shape":[9],"shape":[1],"data_offsets":[0,1]}}';
    for (const header of [twoTensors, twoShapes])
      await expect(read(encodeSafetensors(header, new Uint8Array(1)))).rejects.toThrow('twice');
  });

  it('reads names with quotes, colons and "__proto__" as names', async () => {
    const names = ['a":{', 'b:c\\', '__proto__', 'constructor'];
    const header = Object.fromEntries(names.map((name) => [name, entry('U8', [0], [0, 0])]));
    const text = JSON.stringify(header);
    expect((await read(encodeSafetensors(text, new Uint8Array()))).length).toBe(4);
  });

  const wrongEntries: [what: string, header: unknown, message: string][] = [
    ['an unknown type', { a: entry('F4', [1], [0, 1]) }, 'of the type "F4", which is not known'],
    ['a type of the prototype', { a: entry('toString', [1], [0, 1]) }, 'which is not known'],
    ['an entry that is a text', { a: 'F32' }, 'without a type'],
    ['a negative size', { a: entry('U8', [-1], [0, 1]) }, 'whose shape is not a list'],
    ['a size of 2^53', { a: entry('U8', [2 ** 53], [0, 1]) }, 'whose shape is not a list'],
    ['a fractional size', { a: entry('U8', [1.5], [0, 1]) }, 'whose shape is not a list'],
    [
      'nine dimensions',
      { a: entry('U8', Array(9).fill(1), [0, 1]) },
      'whose shape is not a list of at most 8',
    ],
    ['a product above 2^53', { a: entry('U8', [2 ** 30, 2 ** 30], [0, 1]) }, 'do not give its 1 bytes'],
    ['a shape of another size', { a: entry('F32', [1], [0, 8]) }, 'do not give its 8 bytes'],
    ['offsets in reverse', { a: entry('U8', [1], [1, 0]) }, 'whose offsets are not valid'],
    ['one offset', { a: entry('U8', [1], [1]) }, 'whose offsets are not valid'],
    [
      'an end outside of the file',
      { a: entry('U8', [9], [0, 9]) },
      'outside of the file: 1 bytes are missing',
    ],
    [
      'tensors that overlap',
      { a: entry('U8', [4], [0, 4]), b: entry('U8', [4], [3, 7]) },
      'overlap: "a" and "b"',
    ],
    ['an empty name', { '': entry('U8', [1], [0, 1]) }, 'whose name has no'],
    ['a name without end', { ['x'.repeat(2000)]: entry('U8', [1], [0, 1]) }, 'more than 1024, characters'],
  ];
  for (const [what, header, message] of wrongEntries)
    it(`refuses ${what} and names the file`, async () => {
      await expect(readEntries(header)).rejects.toThrow(message);
      await expect(readEntries(header)).rejects.toThrow('"model.safetensors"');
    });

  it('refuses 100,001 tensors', async () => {
    const names = Array.from({ length: 100_001 }, (_, index) => [`t${index}`, entry('U8', [0], [0, 0])]);
    await expect(readEntries(Object.fromEntries(names))).rejects.toThrow('has 100001 tensors');
  });

  it('does not wait for a named pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    await expect(readSafetensorsHeader({ name: 'x', path: pipe })).rejects.toThrow('named pipe');
  });
});

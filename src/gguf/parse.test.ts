import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from './byte-source.ts';
import { parseGguf, readGgufFile } from './parse.ts';
import type { GgufValue } from './types.ts';
import { encodeGguf, type GgufContent, listOf, writeGguf } from './writer.ts';

const everyType: Readonly<Record<string, GgufValue>> = {
  u8: { type: 'u8', value: 200 },
  i8: { type: 'i8', value: -100 },
  u16: { type: 'u16', value: 60_000 },
  i16: { type: 'i16', value: -30_000 },
  u32: { type: 'u32', value: 4_000_000_000 },
  i32: { type: 'i32', value: -2_000_000_000 },
  u64: { type: 'u64', value: 2n ** 63n },
  i64: { type: 'i64', value: -(2n ** 62n) },
  f32: { type: 'f32', value: 0.5 },
  f64: { type: 'f64', value: Math.PI },
  yes: { type: 'bool', value: true },
  no: { type: 'bool', value: false },
  text: { type: 'string', value: 'héllo ▁ 🦊' },
  empty: { type: 'string', value: '' },
  numbers: listOf('i32', [1, -2, 3]),
  bigs: listOf('u64', [1n, 2n ** 60n]),
  texts: listOf('string', ['a', '', 'ccc']),
  flags: listOf('bool', [true, false]),
  none: listOf('string', []),
};

const content: GgufContent = {
  metadata: everyType,
  tensors: [
    { name: 'a.weight', shape: [3], type: 0, data: new Uint8Array(12).fill(1) },
    { name: 'b.weight', shape: [64, 2], type: 3, data: new Uint8Array(80).fill(2) },
    { name: 'scalar', shape: [], type: 1, data: new Uint8Array(2).fill(3) },
  ],
};

const parse = (bytes: Uint8Array, arrays: 'skip' | 'keep' = 'skip') =>
  parseGguf(memorySource(bytes), { arrays });

describe('parseGguf', () => {
  it.each([true, false])(
    'reads back every value type and tensor (little endian: %s)',
    async (littleEndian) => {
      const bytes = encodeGguf({ ...content, littleEndian });
      const file = await parse(bytes);
      expect(Object.fromEntries(file.metadata)).toEqual(everyType);
      expect(file).toMatchObject({ version: 3, littleEndian, alignment: 32, fileSize: bytes.length });
      expect(file.tensors).toEqual([
        { name: 'a.weight', shape: [3], type: 0, typeName: 'F32', offset: 0, byteSize: 12 },
        { name: 'b.weight', shape: [64, 2], type: 3, typeName: 'Q4_1', offset: 32, byteSize: 80 },
        { name: 'scalar', shape: [], type: 1, typeName: 'F16', offset: 128, byteSize: 2 },
      ]);
      const starts = file.tensors.map(({ offset }) => bytes[file.dataOffset + offset]);
      expect(starts).toEqual([1, 2, 3]);
    },
  );

  it('follows general.alignment', async () => {
    const metadata: GgufContent['metadata'] = { 'general.alignment': { type: 'u32', value: 256 } };
    const file = await parse(encodeGguf({ metadata, tensors: content.tensors }));
    expect(file.alignment).toBe(256);
    expect(file.dataOffset % 256).toBe(0);
    expect(file.tensors.map((tensor) => tensor.offset)).toEqual([0, 256, 512]);
  });

  it('reads version 2, which has the same layout', async () => {
    const bytes = encodeGguf(content);
    bytes[4] = 2;
    expect((await parse(bytes)).version).toBe(2);
  });

  it('accepts a file without tensors and metadata', async () => {
    const file = await parse(encodeGguf({ metadata: {}, tensors: [] }));
    expect(file.metadata.size).toBe(0);
    expect(file.tensors).toEqual([]);
  });

  it('replaces invalid UTF-8 with replacement characters', async () => {
    const bytes = encodeGguf({ metadata: { key: { type: 'string', value: '~' } }, tensors: [] });
    bytes[bytes.indexOf(0x7e)] = 0xff;
    expect((await parse(bytes)).metadata.get('key')?.value).toBe('\ufffd');
  });
});

describe('large arrays', () => {
  const words = Array.from({ length: 60_000 }, (_, index) => `token ${index} ${'x'.repeat(index % 40)}`);
  const numbers = words.map((_, index) => index);
  const file: GgufContent = {
    metadata: {
      'tokenizer.ggml.tokens': listOf('string', words),
      'tokenizer.ggml.scores': listOf('f32', numbers),
      'tokenizer.ggml.bos_token_id': { type: 'u32', value: 7 },
      'tokenizer.ggml.eos_token_id': { type: 'u32', value: 59_999 },
      'tokenizer.ggml.padding_token_id': { type: 'u32', value: 60_000 },
      'tokenizer.ggml.unknown_token_id': { type: 'i32', value: -1 },
      last: { type: 'string', value: 'still in step' },
    },
    tensors: content.tensors,
  };
  const specialTokens = new Map([
    [7, words[7]],
    [59_999, words[59_999]],
  ]);

  it.each([true, false])(
    'are counted but not kept when skipped (little endian: %s)',
    async (littleEndian) => {
      const parsed = await parse(encodeGguf({ ...file, littleEndian }), 'skip');
      expect(parsed.metadata.get('tokenizer.ggml.tokens')?.value).toEqual({
        elementType: 'string',
        count: 60_000,
      });
      expect(parsed.metadata.get('tokenizer.ggml.scores')?.value).toEqual({
        elementType: 'f32',
        count: 60_000,
      });
      expect(parsed.metadata.get('last')?.value).toBe('still in step');
      expect(parsed.specialTokens).toEqual(specialTokens);
    },
  );

  it('are complete when kept', async () => {
    const parsed = await parse(encodeGguf(file), 'keep');
    expect(parsed.metadata.get('tokenizer.ggml.tokens')?.value).toMatchObject({ values: words });
    expect(parsed.metadata.get('tokenizer.ggml.scores')?.value).toMatchObject({ values: numbers });
    expect(parsed.specialTokens).toEqual(specialTokens);
  });

  it('may contain texts longer than one read', async () => {
    const long = 'y'.repeat(700_000);
    const texts = Array.from({ length: 1100 }, (_, index) => (index === 500 ? long : `${index}`));
    const metadata = {
      ...file.metadata,
      'tokenizer.ggml.tokens': listOf('string', texts),
      long: listOf('string', [long]),
    };
    const withId: GgufContent = {
      metadata: { ...metadata, 'tokenizer.ggml.bos_token_id': { type: 'u32', value: 500 } },
      tensors: [],
    };
    const skipped = await parse(encodeGguf(withId), 'skip');
    expect(skipped.specialTokens.get(500)).toBe(long);
    expect(skipped.metadata.get('long')?.value).toMatchObject({ values: [long] });
    const kept = await parse(encodeGguf(withId), 'keep');
    expect(kept.metadata.get('tokenizer.ggml.tokens')?.value).toMatchObject({ values: texts });
  });
});

describe('readGgufFile', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gguf-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('returns the same as parsing from memory', async () => {
    const path = join(folder, 'model.gguf');
    await writeGguf(path, content);
    expect(await readGgufFile(path)).toEqual(await parse(encodeGguf(content)));
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MemoryOutput } from '../../../test/fakes/import/memory-output.ts';
import { loadRowCasts } from '../../engine/native/row-casts.ts';
import type { SafeType } from '../safetensors/safe-tensor.ts';
import type { ValueCounts } from './element-cast.ts';
import type { ReaderParts } from './readers/element-reader.ts';
import { FileRanges } from './readers/file-ranges.ts';
import { ScratchMemory } from './readers/scratch-memory.ts';
import { TileMemory } from './readers/tile-memory.ts';
import type { TensorData } from './tensor-data.ts';
import { writeTensor } from './write-tensor.ts';

const folder = mkdtempSync(join(tmpdir(), 'ollama-write-'));
const files = new FileRanges();
afterAll(() => {
  files.close();
  rmSync(folder, { recursive: true, force: true });
});
const casts = loadRowCasts();
const parts: ReaderParts = { files, casts, scratch: new ScratchMemory(), tile: new TileMemory() };

let turn = 0;
function source(type: SafeType, shape: number[], bytes: Uint8Array): TensorData {
  const path = join(folder, `source-${turn++}`);
  writeFileSync(path, bytes);
  return { kind: 'source', tensor: { type, shape, path, start: 0 } };
}

async function write(data: TensorData, shape: number[], type: number): Promise<[Buffer, ValueCounts]> {
  const output = new MemoryOutput();
  const counts = await writeTensor({ name: 'a', shape, type, data }, parts, output);
  return [output.bytes, counts];
}

const wordsOf = (bytes: Buffer) => new Uint16Array(new Uint8Array(bytes).buffer);

describe('writeTensor', () => {
  const every = Uint16Array.from({ length: 65_536 }, (_, word) => word);
  const bf16 = source('BF16', [128, 512], new Uint8Array(every.buffer));
  const wide = new Float32Array(65_536);
  casts.bf16ToF32(every, wide, 65_536);

  it('copies BF16, and makes every NaN a quiet one as llama.cpp does', async () => {
    const [bytes] = await write(bf16, [512, 128], 30);
    const expected = new Uint16Array(65_536);
    casts.f32ToBf16(wide, expected, 65_536);
    expect(wordsOf(bytes)).toEqual(expected);
  });

  it('casts BF16 to F16 as the library casts floats, and counts the numbers that become infinite', async () => {
    const [bytes, { overflows }] = await write(bf16, [512, 128], 1);
    const expected = new Uint16Array(65_536);
    casts.f32ToF16(wide, expected, 65_536);
    expect(wordsOf(bytes)).toEqual(expected);
    expect(overflows).toBe(
      wide.filter((value) => Number.isFinite(value) && Math.abs(value) >= 65_520).length,
    );
  });

  it('casts BF16 to F16 in whatever order small and large numbers come', async () => {
    const words = every.map((word) => Math.imul(word, 40_503));
    const floats = Float32Array.from(words, (word) => wide[word] ?? 0);
    const odd = words.subarray(0, 65_535);
    const [bytes] = await write(
      source('BF16', [65_535], new Uint8Array(new Uint16Array(odd).buffer)),
      [65_535],
      1,
    );
    const expected = new Uint16Array(65_536);
    casts.f32ToF16(floats, expected, 65_535);
    expect(wordsOf(bytes)).toEqual(expected);
  });

  it('casts F32 to F16 and counts the numbers that become infinite, but not the infinite ones', async () => {
    const floats = Float32Array.of(1, 65_520, -1e9, Number.POSITIVE_INFINITY, Number.NaN, 65_519);
    const [bytes, counts] = await write(source('F32', [6], new Uint8Array(floats.buffer)), [6], 1);
    const expected = [0x3c00, 0x7c00, 0xfc00, 0x7c00, 0x7e00, 0x7bff];
    expect([...wordsOf(bytes).subarray(0, 6)]).toEqual(expected);
    expect(counts).toEqual({ overflows: 2, specials: 2 });
  });

  it('makes the same Q8_0 of pieces as of the whole', async () => {
    const numbers = Float32Array.from(
      { length: 200_000 - (200_000 % 64) },
      (_, index) => Math.sin(index) * (index % 977),
    );
    const [bytes] = await write(
      source('F32', [numbers.length / 64, 64], new Uint8Array(numbers.buffer)),
      [64, numbers.length / 64],
      8,
    );
    const expected = new Uint8Array((numbers.length / 32) * 34);
    casts.f32ToQ8(numbers, expected, numbers.length);
    expect(bytes.subarray(0, expected.length).equals(expected)).toBe(true);
  });

  it('fills up to a multiple of 32 bytes with zeros', async () => {
    const [bytes] = await write(source('BF16', [3], Uint8Array.of(1, 2, 3, 4, 5, 6)), [3], 30);
    expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6, ...Array(26).fill(0)]);
  });

  it('widens every F16 and BF16 to F32', async () => {
    const halves = source('F16', [65_536], new Uint8Array(every.buffer));
    const expected = new Float32Array(65_536);
    casts.f16ToF32(every, expected, 65_536);
    for (const [data, floats] of [
      [halves, expected],
      [bf16, wide],
    ] as const) {
      const shape = data === bf16 ? [512, 128] : [65_536];
      const [bytes] = await write(data, shape, 0);
      expect(bytes.equals(Buffer.from(floats.buffer))).toBe(true);
    }
  });

  describe.each([['F32'], ['F16'], ['BF16']] as const)('counts the infinite and NaN values of %s', (from) => {
    /** 64 values; every place of a pair and of a block is hit once or more. */
    const special = new Map([
      [0, Number.NaN],
      [7, Number.POSITIVE_INFINITY],
      [33, Number.NEGATIVE_INFINITY],
      [62, Number.NaN],
    ]);
    const sourceOf = (values: readonly number[]) => {
      const floats = Float32Array.from(values);
      if (from === 'F32') return source(from, [values.length], new Uint8Array(floats.buffer));
      const words = new Uint16Array(values.length);
      casts[from === 'F16' ? 'f32ToF16' : 'f32ToBf16'](floats, words, values.length);
      return source(from, [values.length], new Uint8Array(words.buffer));
    };

    it.each([
      ['F32', 0],
      ['F16', 1],
      ['Q8_0', 8],
      ['BF16', 30],
    ])('as %s', async (_, type) => {
      const finite = Array.from({ length: 64 }, (_value, index) => (index - 31) / 8);
      const [, none] = await write(sourceOf(finite), [64], type);
      expect(none).toEqual({ overflows: 0, specials: 0 });
      const damaged = finite.map((value, index) => special.get(index) ?? value);
      const [, counts] = await write(sourceOf(damaged), [64], type);
      expect(counts).toEqual({ overflows: 0, specials: 4 });
    });

    it.each([
      ['F32', 0],
      ['F16', 1],
      ['BF16', 30],
    ])('also at the end of an odd number, as %s', async (_, type) => {
      expect((await write(sourceOf([1, 2, Number.NaN]), [3], type))[1].specials).toBe(1);
    });
  });
});

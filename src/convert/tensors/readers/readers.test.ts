import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluatePlainly } from '../../../../test/fakes/import/naive-tensor.ts';
import { randomTensor, writeRandomNumbers } from '../../../../test/fakes/import/random-tensor.ts';
import { seededRandom } from '../../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../../test/scale.ts';
import { loadRowCasts } from '../../../engine/native/row-casts.ts';
import { elementCount } from '../element-type.ts';
import type { TensorData } from '../tensor-data.ts';
import { createReader } from './create-reader.ts';
import type { ElementReader, ReaderParts } from './element-reader.ts';
import { FileRanges } from './file-ranges.ts';
import { NumberReader } from './number-reader.ts';
import { ScratchMemory } from './scratch-memory.ts';
import { TileMemory } from './tile-memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'ollama-readers-'));
const files = new FileRanges();
afterAll(() => {
  files.close();
  rmSync(folder, { recursive: true, force: true });
});
const parts: ReaderParts = {
  files,
  casts: loadRowCasts(),
  scratch: new ScratchMemory(),
  tile: new TileMemory(),
};
const path = join(folder, 'numbers');
writeRandomNumbers(path, seededRandom(seedFrom(1)));

function readNumbers(reader: ElementReader, start: number, count: number): Float32Array {
  const target = new Float32Array(count);
  const numbers = reader.type === 'F32' ? reader : new NumberReader(reader, parts);
  numbers.read(start, count, new Uint8Array(target.buffer));
  return target;
}

function expectAsPlain(data: TensorData, random: () => number): void {
  const plain = evaluatePlainly(data);
  const reader = createReader(data, parts);
  expect(reader.shape).toEqual(plain.shape);
  const total = elementCount(plain.shape);
  for (let start = 0; start < total; ) {
    const count = Math.min(total - start, 1 + Math.floor(random() ** 3 * total));
    expect(readNumbers(reader, start, count)).toEqual(
      Float32Array.from(plain.values.slice(start, start + count)),
    );
    start += count;
  }
  const start = Math.floor(random() * total);
  expect(readNumbers(reader, start, 1)[0]).toBe(plain.values[start]);
}

const source = (shape: number[], type: 'F32' | 'BF16' | 'U8' = 'BF16', start = 0): TensorData => ({
  kind: 'source',
  tensor: { type, shape, path, start },
});

describe('createReader', () => {
  const count = rounds({ change: 150, long: 600, nightly: 1500 });
  it(`reads ${count} random trees as their definition says, in pieces of any size`, () => {
    for (let seed = seedFrom(0); seed < seedFrom(0) + count; seed++) {
      const random = seededRandom(seed);
      const data = randomTensor(random, path, 1 + (seed % 4));
      try {
        expectAsPlain(data, random);
      } catch (error) {
        throw new Error(`seed ${seed}: ${JSON.stringify(data)}`, { cause: error });
      }
    }
  });

  it('turns rows larger than its memory, and columns that do not fit into a tile, into columns and rows', () => {
    const small: ReaderParts = { ...parts, tile: Object.assign(new TileMemory(), {}) };
    Object.defineProperty(small.tile, 'size', { value: 1024 });
    const random = seededRandom(seedFrom(3));
    for (const shape of [
      [3000, 7],
      [7, 3000],
      [300, 40],
      [5, 60, 33],
    ]) {
      const axes = shape.length === 2 ? [1, 0] : [2, 0, 1];
      const data: TensorData = { kind: 'transpose', axes, of: source(shape, 'F32') };
      const plain = Float32Array.from(evaluatePlainly(data).values);
      const reader = createReader(data, small);
      expect(readNumbers(reader, 0, plain.length)).toEqual(plain);
      const start = Math.floor(random() * plain.length);
      expect(readNumbers(reader, start, plain.length - start)).toEqual(plain.slice(start));
    }
  });

  it('reads two transposed tensors in turns, which share the memory of tiles', () => {
    const turned = (start: number): TensorData => ({
      kind: 'transpose',
      axes: [1, 0],
      of: source([40, 30], 'BF16', start),
    });
    const data: TensorData = { kind: 'concatenate', axis: 1, of: [turned(0), turned(800)] };
    expectAsPlain(data, seededRandom(4));
  });

  it('slices behind a transposition read only what the slice has', () => {
    const data: TensorData = {
      kind: 'slice',
      axis: 1,
      start: 1,
      count: 45,
      step: 2,
      of: { kind: 'transpose', axes: [0, 2, 1], of: source([3, 70, 90]) },
    };
    expectAsPlain(data, seededRandom(5));
  });

  it('multiplies 8-bit floats by scales per tensor, per row and per block with cut edges, in E4M3, E5M2 and E8M0', () => {
    const bytes = join(folder, 'bytes');
    // 0, 1, -1.5, 448, NaN of E4M3; the smallest and largest of each.
    writeFileSync(
      bytes,
      Uint8Array.of(0x00, 0x38, 0xbc, 0x7e, 0x7f, 0x01, 0x80, 126, 128, 255, 0, 0x3c, 0x7b, 0x7c, 0xfe, 0x01),
    );
    const floats = (type: 'F8_E4M3' | 'F8_E5M2' | 'F8_E8M0', start: number, shape: number[]): TensorData => ({
      kind: 'source',
      tensor: { type, shape, path: bytes, start },
    });
    const scales = (shape: number[], values: number[]): TensorData => ({ kind: 'values', shape, values });
    const read = (data: TensorData) => [...readNumbers(createReader(data, parts), 0, 6)];
    const of = floats('F8_E4M3', 0, [2, 3]);
    expect(read({ kind: 'scaled', of, scale: scales([], [2]) })).toEqual([
      0,
      2,
      -3,
      896,
      Number.NaN,
      2 ** -8,
    ]);
    expect(read({ kind: 'scaled', of, scale: scales([1], [2]) })).toEqual([
      0,
      2,
      -3,
      896,
      Number.NaN,
      2 ** -8,
    ]);
    expect(read({ kind: 'scaled', of, scale: scales([2], [2, 0.5]) })).toEqual([
      0,
      2,
      -3,
      224,
      Number.NaN,
      2 ** -10,
    ]);
    expect(read({ kind: 'scaled', of, scale: scales([2, 1], [2, 0.5]) })).toEqual([
      0,
      2,
      -3,
      224,
      Number.NaN,
      2 ** -10,
    ]);
    const block = scales([1, 2], [2, 4]);
    expect(read({ kind: 'scaled', of, scale: block, block: [2, 2] })).toEqual([
      0,
      2,
      -6,
      896,
      Number.NaN,
      2 ** -7,
    ]);
    const exponents = floats('F8_E8M0', 7, [2]);
    expect(read({ kind: 'scaled', of, scale: exponents })).toEqual([0, 0.5, -0.75, 896, Number.NaN, 2 ** -8]);
    const wide = createReader(floats('F8_E5M2', 10, [6]), parts);
    expect([...readNumbers(wide, 0, 6)]).toEqual([
      0,
      1,
      57_344,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      2 ** -16,
    ]);
  });

  it('puts pairs of 4-bit values into the order of ggml, with their exponent before them', () => {
    const data: TensorData = {
      kind: 'mxfp4',
      blocks: source([50, 2, 16], 'U8', 40),
      scales: source([50, 2], 'U8', 9),
    };
    const target = new Uint8Array(100 * 17);
    createReader(data, parts).read(0, 3200, target);
    const pairs = evaluatePlainly(source([100, 16], 'U8', 40)).values;
    const exponents = evaluatePlainly(source([100], 'U8', 9)).values;
    for (let block = 0; block < 100; block++) {
      const values = pairs.slice(16 * block, 16 * block + 16).flatMap((pair) => [pair & 15, pair >> 4]);
      const packed = [
        exponents[block],
        ...Array.from({ length: 16 }, (_, at) => (values[at] ?? 0) | ((values[at + 16] ?? 0) << 4)),
      ];
      expect([...target.subarray(17 * block, 17 * block + 17)]).toEqual(packed);
    }
  });

  it('reads integers, booleans and 64-bit floats as numbers', () => {
    const numbers = join(folder, 'integers');
    const bytes = Buffer.alloc(16);
    bytes.writeDoubleLE(-2.5, 0);
    bytes.writeBigInt64LE(-3n, 8);
    writeFileSync(numbers, bytes);
    const at = (type: 'F64' | 'I64' | 'I32' | 'I16' | 'I8' | 'BOOL' | 'U8', start: number): TensorData => ({
      kind: 'source',
      tensor: { type, shape: [1], path: numbers, start },
    });
    const read = (data: TensorData) => readNumbers(createReader(data, parts), 0, 1)[0];
    expect(read(at('F64', 0))).toBe(-2.5);
    for (const type of ['I64', 'I32', 'I16', 'I8'] as const) expect(read(at(type, 8))).toBe(-3);
    expect(read(at('BOOL', 8))).toBe(1);
    expect(read(at('U8', 8))).toBe(253);
  });

  it('says which file became shorter while it was read', () => {
    const data = source([1 << 20], 'F32', 0);
    expect(() => readNumbers(createReader(data, parts), (1 << 20) - 4, 4)).toThrow(`${path} became shorter`);
    expect(() => readNumbers(createReader(data, parts), 100_000, 60_000)).toThrow('became shorter');
  });
});

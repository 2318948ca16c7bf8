/** Readers that compute: with 32 bits, as llama.cpp's converter does. */
import { type ElementType, MXFP4_BYTES, MXFP4_ELEMENTS } from '../element-type.ts';
import type { ElementReader, ReaderParts } from './element-reader.ts';
import { NumberReader } from './number-reader.ts';
import { SCRATCH_BYTES } from './scratch-memory.ts';

/** Pairs of 4-bit values in a block. */
const PAIRS = MXFP4_ELEMENTS / 2;

/** value × factor + offset, each step rounded to 32 bits. */
export function affineReader(
  of: ElementReader,
  { factor, offset }: { readonly factor: number; readonly offset: number },
  parts: ReaderParts,
): ElementReader {
  const numbers = new NumberReader(of, parts);
  const [by, plus] = [Math.fround(factor), Math.fround(offset)];
  return {
    type: 'F32',
    shape: of.shape,
    read(start, count, target) {
      numbers.read(start, count, target);
      const values = new Float32Array(target.buffer, target.byteOffset, count);
      for (let index = 0; index < count; index++)
        values[index] = Math.fround((values[index] ?? 0) * by) + plus;
    },
  };
}

/** gpt-oss: 16 bytes with values 2j and 2j + 1 become 16 bytes with values j and j + 16, behind their exponent. */
export function mxfp4Reader(
  blocks: ElementReader,
  scales: ElementReader,
  { scratch }: ReaderParts,
): ElementReader {
  const type: ElementType = 'MXFP4';
  const most = SCRATCH_BYTES / PAIRS;
  const rows = scales.shape.slice(0, -1);
  return {
    type,
    shape: [...rows, (scales.shape.at(-1) ?? 0) * MXFP4_ELEMENTS],
    read(start, count, target) {
      const first = start / MXFP4_ELEMENTS;
      const total = count / MXFP4_ELEMENTS;
      scratch.with((pairs) =>
        scratch.with((exponents) => {
          for (let done = 0; done < total; done += most) {
            const length = Math.min(most, total - done);
            blocks.read((first + done) * PAIRS, length * PAIRS, pairs);
            scales.read(first + done, length, exponents);
            packBlocks(pairs, exponents, target.subarray(done * MXFP4_BYTES), length);
          }
        }),
      );
    },
  };
}

function packBlocks(pairs: Uint8Array, exponents: Uint8Array, target: Uint8Array, blocks: number): void {
  for (let block = 0; block < blocks; block++) {
    const from = block * PAIRS;
    const to = block * MXFP4_BYTES;
    target[to] = exponents[block] ?? 0;
    for (let index = 0; index < PAIRS; index += 2) {
      const low = pairs[from + (index >> 1)] ?? 0;
      const high = pairs[from + (PAIRS >> 1) + (index >> 1)] ?? 0;
      target[to + 1 + index] = (low & 0x0f) | ((high & 0x0f) << 4);
      target[to + 2 + index] = (low >> 4) | (high & 0xf0);
    }
  }
}

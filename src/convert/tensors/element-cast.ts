/** From what a tree evaluates to, to what a GGUF file stores. */
import { tensorType } from '../../gguf/tensor-types.ts';
import type { ElementType } from './element-type.ts';
import {
  bf16ToF16,
  countOverflows,
  countSpecials,
  hasSpecialF16,
  hasSpecialF32,
  isFiniteBf16,
  isFiniteF16,
  quietBf16,
} from './half-floats.ts';
import { wordsOf } from './readers/copy-strided.ts';
import type { ElementReader, ReaderParts } from './readers/element-reader.ts';
import { NumberReader } from './readers/number-reader.ts';
import { SCRATCH_BYTES } from './readers/scratch-memory.ts';
import type { RowCasts } from './row-casts.ts';

/** `ggml_type` numbers that are written. */
const storedTypes = { f32: 0, f16: 1, q8: 8, bf16: 30, mxfp4: 39 } as const;

/** What was noticed of the values of a tensor while they were written. */
export interface ValueCounts {
  /** Finite numbers that became infinite, because the type cannot hold them. */
  overflows: number;
  /** Numbers that are infinite or NaN in the source. */
  specials: number;
}

export interface ElementCast {
  /** Elements that `write` takes at most, a multiple of the type's block; undefined = any number. */
  readonly most?: number;
  /** Writes elements as the target's type stores them, and adds to the counts. */
  write(start: number, count: number, target: Uint8Array, counts: ValueCounts): void;
}

/** Elements whose 32-bit floats fill a piece of scratch memory. */
const FLOATS = SCRATCH_BYTES / Float32Array.BYTES_PER_ELEMENT;
const WORDS = SCRATCH_BYTES / Uint16Array.BYTES_PER_ELEMENT;
const EVERY_WORD = 65_536;

/** Types that a GGUF file stores as they are. */
const sameTypes: Partial<Record<ElementType, number>> = {
  F32: storedTypes.f32,
  F16: storedTypes.f16,
  BF16: storedTypes.bf16,
  MXFP4: storedTypes.mxfp4,
};

/** Whether elements can be stored as a type of ggml. */
export function canCast(from: ElementType, to: number): boolean {
  if (from === 'MXFP4' || to === storedTypes.mxfp4) return sameTypes[from] === to;
  return Object.values<number>(storedTypes).includes(to) && tensorType(to) !== undefined;
}

/** @param to `ggml_type` that `canCast` accepts */
export function createCast(reader: ElementReader, to: number, parts: ReaderParts): ElementCast {
  if (sameTypes[reader.type] === to) return copy(reader);
  if (to === storedTypes.f32) return copy(new NumberReader(reader, parts));
  if (reader.type === 'BF16' && to === storedTypes.f16) return castBf16ToF16(reader, parts);
  return fromFloats(new NumberReader(reader, parts), to, parts);
}

function copy(reader: ElementReader): ElementCast {
  return {
    write(start, count, target, counts) {
      reader.read(start, count, target);
      if (reader.type === 'BF16') counts.specials += quietBf16(wordsOf(target).subarray(0, count));
      else if (reader.type === 'F16') counts.specials += specialHalves(wordsOf(target).subarray(0, count));
      else if (reader.type === 'F32')
        counts.specials += specialFloats(new Float32Array(target.buffer, target.byteOffset, count));
    },
  };
}

function specialHalves(words: Uint16Array): number {
  return hasSpecialF16(words) ? countSpecials(words.length, (index) => isFiniteF16(words[index] ?? 0)) : 0;
}

function specialFloats(floats: Float32Array): number {
  return hasSpecialF32(floats) ? countSpecials(floats.length, (index) => Number.isFinite(floats[index])) : 0;
}

/** F16 of each BF16, made once for the casts of a process. */
const tables = new WeakMap<RowCasts, Uint16Array>();

function tableOf(casts: RowCasts): Uint16Array {
  const known = tables.get(casts);
  if (known) return known;
  const table = new Uint16Array(EVERY_WORD);
  const floats = new Float32Array(EVERY_WORD);
  casts.bf16ToF32(
    new Uint16Array(EVERY_WORD).map((_, word) => word),
    floats,
    EVERY_WORD,
  );
  casts.f32ToF16(floats, table, EVERY_WORD);
  tables.set(casts, table);
  return table;
}

function castBf16ToF16(reader: ElementReader, { casts, scratch }: ReaderParts): ElementCast {
  const table = tableOf(casts);
  return {
    most: WORDS,
    write: (start, count, target, counts) =>
      scratch.with((raw) => {
        reader.read(start, count, raw);
        const source = wordsOf(raw).subarray(0, count);
        const halves = wordsOf(target).subarray(0, count);
        if (!bf16ToF16(source, halves, table)) return;
        const wasFinite = (index: number) => isFiniteBf16(source[index] ?? 0);
        counts.overflows += countOverflows(halves, wasFinite);
        counts.specials += countSpecials(count, wasFinite);
      }),
  };
}

function fromFloats(numbers: ElementReader, to: number, { casts, scratch }: ReaderParts): ElementCast {
  return {
    most: FLOATS,
    write: (start, count, target, counts) =>
      scratch.with((raw) => {
        numbers.read(start, count, raw);
        const floats = new Float32Array(raw.buffer, raw.byteOffset, count);
        if (to === storedTypes.f16) {
          const halves = wordsOf(target).subarray(0, count);
          casts.f32ToF16(floats, halves, count);
          if (!hasSpecialF16(halves)) return;
          counts.overflows += countOverflows(halves, (index) => Number.isFinite(floats[index]));
        } else if (to === storedTypes.q8) casts.f32ToQ8(floats, target, count);
        else casts.f32ToBf16(floats, wordsOf(target), count);
        counts.specials += specialFloats(floats);
      }),
  };
}

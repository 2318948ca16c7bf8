import { scaleSteps } from '../describe-tensor-data.ts';
import { type ElementType, elementCount } from '../element-type.ts';
import type { ElementReader, ReaderParts } from './element-reader.ts';
import { NumberReader } from './number-reader.ts';
import { SCRATCH_BYTES, type ScratchMemory } from './scratch-memory.ts';

/** Scales that are read at once. */
const MOST_SCALES = SCRATCH_BYTES / Float32Array.BYTES_PER_ELEMENT;

/** Multiplies each value by the scale of its block. */
export class ScaledReader implements ElementReader {
  readonly type: ElementType = 'F32';
  readonly shape: readonly number[];
  readonly #values: ElementReader;
  readonly #scales: ElementReader;
  readonly #scratch: ScratchMemory;
  /** For each axis but the last: its size, elements for one scale (0 = all), and the distance of its scales. */
  readonly #outer: readonly { readonly size: number; readonly step: number; readonly stride: number }[];
  readonly #row: number;
  /** Elements of a row for one scale. */
  readonly #step: number;

  constructor(
    of: ElementReader,
    scale: ElementReader,
    block: readonly number[] | undefined,
    parts: ReaderParts,
  ) {
    this.shape = of.shape;
    this.#values = new NumberReader(of, parts);
    this.#scales = new NumberReader(scale, parts);
    this.#scratch = parts.scratch;
    const steps = scaleSteps(of.shape, scale.shape, block);
    this.#outer = of.shape.slice(0, -1).map((size, axis) => {
      const stride = elementCount(scale.shape.slice(axis + 1));
      return { size, step: steps[axis] ?? 0, stride };
    });
    this.#row = of.shape.at(-1) ?? 1;
    this.#step = steps.at(-1) || this.#row;
  }

  read(start: number, count: number, target: Uint8Array): void {
    this.#values.read(start, count, target);
    const values = new Float32Array(target.buffer, target.byteOffset, count);
    this.#scratch.with((memory) => {
      const scales = new Float32Array(memory.buffer, memory.byteOffset, MOST_SCALES);
      let loaded = { first: -1, count: 0 };
      for (let done = 0; done < count; ) {
        const row = Math.floor((start + done) / this.#row);
        const column = start + done - row * this.#row;
        const firstBlock = Math.floor(column / this.#step);
        const lastColumn = Math.min(
          column + count - done,
          this.#row,
          (firstBlock + MOST_SCALES) * this.#step,
        );
        const blocks = Math.ceil(lastColumn / this.#step) - firstBlock;
        const wanted = { first: this.#rowScale(row) + firstBlock, count: blocks };
        if (wanted.first !== loaded.first || wanted.count > loaded.count) {
          this.#scales.read(wanted.first, wanted.count, memory);
          loaded = wanted;
        }
        multiply(values.subarray(done, done + lastColumn - column), column, scales, this.#step);
        done += lastColumn - column;
      }
    });
  }

  /** Number of the first scale of a row. */
  #rowScale(row: number): number {
    let rest = row;
    let place = 0;
    for (let axis = this.#outer.length - 1; axis >= 0; axis--) {
      const { size, step, stride } = this.#outer[axis] ?? { size: 1, step: 0, stride: 0 };
      const above = Math.floor(rest / size);
      if (step > 0) place += Math.floor((rest - above * size) / step) * stride;
      rest = above;
    }
    return place;
  }
}

/** @param column that of the first value; `scales[0]` is the scale of its block */
function multiply(values: Float32Array, column: number, scales: Float32Array, step: number): void {
  let end = step - (column % step);
  for (let at = 0, block = 0; at < values.length; block++, end += step) {
    const scale = scales[block] ?? 0;
    const stop = Math.min(end, values.length);
    for (; at < stop; at++) values[at] = (values[at] ?? 0) * scale;
  }
}

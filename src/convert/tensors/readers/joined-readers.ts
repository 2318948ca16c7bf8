import { bytesOf, type ElementType, elementCount } from '../element-type.ts';
import type { ElementReader } from './element-reader.ts';

/** Reads tensors one after the other along an axis; a stack is that along a new first axis. */
export class JoinedReader implements ElementReader {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly #parts: readonly ElementReader[];
  /** Elements of each part for one index of the axes before. */
  readonly #runs: readonly number[];
  readonly #period: number;

  /**
   * @param axis axis along which the parts follow each other
   * @param facts what the whole is
   */
  constructor(
    parts: readonly ElementReader[],
    axis: number,
    { shape, type }: Pick<ElementReader, 'shape' | 'type'>,
  ) {
    this.#parts = parts;
    this.shape = shape;
    this.type = type;
    const outer = elementCount(shape.slice(0, axis));
    this.#runs = parts.map((part) => (outer === 0 ? 0 : elementCount(part.shape) / outer));
    this.#period = this.#runs.reduce((sum, run) => sum + run, 0);
  }

  read(start: number, count: number, target: Uint8Array): void {
    if (count === 0) return;
    let outer = Math.floor(start / this.#period);
    let [index, inRun] = this.#find(start - outer * this.#period);
    for (let done = 0; done < count; ) {
      const run = this.#runs[index] ?? 0;
      const length = Math.min(count - done, run - inRun);
      const rest = target.subarray(bytesOf(this.type, done));
      if (length > 0) this.#parts[index]?.read(outer * run + inRun, length, rest);
      done += length;
      inRun = 0;
      index += 1;
      if (index < this.#runs.length) continue;
      index = 0;
      outer += 1;
    }
  }

  /** @returns the part with the element of this number, and the number within its run */
  #find(place: number): [index: number, inRun: number] {
    let before = 0;
    const index = this.#runs.findIndex((run) => {
      if (place < before + run) return true;
      before += run;
      return false;
    });
    return [index, place - before];
  }
}

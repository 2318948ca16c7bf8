import { bytesOf, type ElementType } from '../element-type.ts';
import type { RowCasts } from '../row-casts.ts';
import type { ElementReader } from './element-reader.ts';
import { SCRATCH_BYTES, type ScratchMemory } from './scratch-memory.ts';
import { toFloats } from './to-floats.ts';

/** Reads the elements of a tensor as 32-bit floats. */
export class NumberReader implements ElementReader {
  readonly type: ElementType = 'F32';
  readonly shape;
  readonly #of: ElementReader;
  readonly #casts: RowCasts;
  readonly #scratch: ScratchMemory;

  constructor(
    of: ElementReader,
    { casts, scratch }: { readonly casts: RowCasts; readonly scratch: ScratchMemory },
  ) {
    this.shape = of.shape;
    this.#of = of;
    this.#casts = casts;
    this.#scratch = scratch;
  }

  read(start: number, count: number, target: Uint8Array): void {
    const { type } = this.#of;
    const most = SCRATCH_BYTES / bytesOf(type, 1);
    this.#scratch.with((raw) => {
      for (let done = 0; done < count; done += most) {
        const length = Math.min(most, count - done);
        this.#of.read(start + done, length, raw);
        const numbers = new Float32Array(target.buffer, target.byteOffset + 4 * done, length);
        toFloats(type, raw.subarray(0, bytesOf(type, length)), numbers, this.#casts);
      }
    });
  }
}

/** Alignment of tensors in CPU buffers, in bytes (ggml's TENSOR_ALIGNMENT). */
const ALIGNMENT = 32;

interface Gap {
  offset: number;
  bytes: number;
}

/** An endless buffer. An allocation takes the smallest gap that is large enough, otherwise the end of the buffer. */
export class FreeSpace {
  /** Sorted by offset; the last one is endless. */
  readonly #gaps: Gap[] = [{ offset: 0, bytes: Number.POSITIVE_INFINITY }];
  #peak = 0;

  /** The end of the furthest allocation so far, in bytes. */
  get peak(): number {
    return this.#peak;
  }

  /** @returns the offset */
  take(wanted: number): number {
    const bytes = align(wanted);
    let best = this.#gaps.length - 1;
    for (const [index, gap] of this.#gaps.slice(0, -1).entries()) {
      if (gap.bytes >= bytes && gap.bytes <= (this.#gaps[best]?.bytes ?? 0)) best = index;
    }
    const gap = this.#gaps[best];
    if (!gap) return 0;
    const { offset } = gap;
    gap.offset += bytes;
    gap.bytes -= bytes;
    if (gap.bytes === 0) this.#gaps.splice(best, 1);
    this.#peak = Math.max(this.#peak, offset + bytes);
    return offset;
  }

  free(offset: number, taken: number): void {
    const added: Gap = { offset, bytes: align(taken) };
    const index = this.#gaps.findIndex(({ offset }) => offset > added.offset);
    this.#gaps.splice(index, 0, added);
    this.#merge(index);
    this.#merge(index - 1);
  }

  /** Joins a gap with the next one if they touch. */
  #merge(index: number): void {
    const [gap, next] = [this.#gaps[index], this.#gaps[index + 1]];
    if (!gap || !next || gap.offset + gap.bytes !== next.offset) return;
    gap.bytes += next.bytes;
    this.#gaps.splice(index + 1, 1);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * Large arrays of bytes cross from a worker to the server in parts: a message of many megabytes is copied and decoded in one go,
 * and the server's event loop would stand still for a tenth of a second.
 */

/** Bytes of a part: about a millisecond of the event loop. */
const PART_BYTES = 1024 * 1024;

/** What a task returns beside small values. */
export class Bulk {
  readonly value: unknown;
  readonly bytes: readonly Uint8Array[];

  constructor(value: unknown, bytes: readonly Uint8Array[]) {
    this.value = value;
    this.bytes = bytes;
  }
}

/** Part of an array, in order; `total` = the length of the whole array. An empty array is one empty part. */
export interface PartFrame {
  readonly part: Uint8Array;
  readonly total: number;
}

/** The worker's side: the frames of all arrays, one after the other. */
export function* partFrames(arrays: readonly Uint8Array[]): Generator<PartFrame> {
  for (const array of arrays) {
    const total = array.length;
    for (let at = 0; at === 0 || at < total; at += PART_BYTES) {
      yield { part: array.subarray(at, at + PART_BYTES), total };
    }
  }
}

/** The server's side. */
export class PartsReceived {
  #whole: Uint8Array[] = [];
  #open: { readonly array: Uint8Array; filled: number } | undefined;

  add({ part, total }: PartFrame): void {
    this.#open ??= { array: new Uint8Array(total), filled: 0 };
    const { array } = this.#open;
    array.set(part, this.#open.filled);
    this.#open.filled += part.length;
    if (this.#open.filled < array.length) return;
    this.#whole.push(array);
    this.#open = undefined;
  }

  /** The arrays of one task; the next parts are those of another. */
  take(): Uint8Array[] {
    const whole = this.#whole;
    this.#whole = [];
    this.#open = undefined;
    return whole;
  }
}

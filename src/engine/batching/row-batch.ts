import { GRID_POSITION_PARTS } from '../media/spans.ts';
import type { NativeBatch } from '../native/bindings.ts';
import {
  allocateFloat32,
  allocateInt32,
  allocatePointerTable,
  allocateUint8,
} from '../native/native-memory.ts';

/**
 * A batch of rows that do not come from the token table, such as those of a picture. It holds rows of one sequence, in native
 * memory that is allocated with the first one.
 */
export class RowBatch {
  readonly capacity: number;
  readonly #width: number;
  #memory: ReturnType<typeof allocate> | undefined;

  /**
   * @param capacity maximum number of rows
   * @param width number of values in a row
   */
  constructor(capacity: number, width: number) {
    this.capacity = capacity;
    this.#width = width;
  }

  get size(): number {
    return this.#memory?.native.n_tokens ?? 0;
  }

  get native(): NativeBatch {
    this.#memory ??= allocate(this.capacity, this.#width);
    return this.#memory.native;
  }

  /**
   * @param rows one after another; at most `capacity`
   * @param positions one for each row, or `GRID_POSITION_PARTS` for each
   * @param outputs number of rows, the last ones, whose results are wanted: logits or embeddings
   */
  fill(rows: Float32Array, positions: Int32Array, sequence: number, outputs: number): void {
    this.#memory ??= allocate(this.capacity, this.#width);
    const { native, values, position, sequences, wanted } = this.#memory;
    const count = rows.length / this.#width;
    native.n_tokens = count;
    values.view.set(rows);
    position.view.set(positions);
    sequences.view.fill(sequence, 0, count);
    wanted.view.fill(0, 0, count);
    wanted.view.fill(1, count - outputs, count);
  }
}

function allocate(capacity: number, width: number) {
  const values = allocateFloat32(capacity * width);
  const position = allocateInt32(capacity * GRID_POSITION_PARTS);
  const sequences = allocateInt32(capacity);
  const wanted = allocateUint8(capacity);
  const sequencesPerRow = allocateInt32(capacity);
  sequencesPerRow.view.fill(1);
  const native: NativeBatch = {
    n_tokens: 0,
    token: null,
    embd: values.pointer,
    pos: position.pointer,
    n_seq_id: sequencesPerRow.pointer,
    seq_id: allocatePointerTable(sequences.pointer, Int32Array.BYTES_PER_ELEMENT, capacity),
    logits: wanted.pointer,
  };
  return { native, values, position, sequences, wanted };
}

import { FreeSpace } from './free-space.ts';

/** A tensor of a graph. A view counts as the tensor that it refers to. */
export interface GraphTensor {
  readonly bytes: number;
  readonly id: number;
}

interface Step {
  readonly result: GraphTensor;
  readonly sources: readonly GraphTensor[];
  readonly isInPlace: boolean;
}

/**
 * Tensors in the order in which they are computed. The size of the buffer for all of them is found in the same way as in
 * ggml's allocator (ggml/src/ggml-alloc.c): each tensor lives from its computation to its last use, and gaps are reused.
 */
export class ComputeGraph {
  readonly #inputs: GraphTensor[] = [];
  readonly #steps: Step[] = [];
  #count = 0;

  /** Adds an input. It is allocated from the start because nothing may overwrite it before it is read. */
  input(bytes: number): GraphTensor {
    const tensor = this.#tensor(bytes);
    this.#inputs.push(tensor);
    return tensor;
  }

  compute(bytes: number, ...sources: readonly GraphTensor[]): GraphTensor {
    const result = this.#tensor(bytes);
    this.#steps.push({ result, sources, isInPlace: false });
    return result;
  }

  /** Like `compute`, but takes over the memory of the first source of this size that has no further use. */
  computeInPlace(bytes: number, ...sources: readonly GraphTensor[]): GraphTensor {
    const result = this.#tensor(bytes);
    this.#steps.push({ result, sources, isInPlace: true });
    return result;
  }

  /** Stores tensors in memory outside the graph, such as the KV cache. */
  store(...sources: readonly GraphTensor[]): void {
    this.compute(0, ...sources);
  }

  /** The size of the buffer that holds the whole computation. */
  bufferBytes(): number {
    return new Layout(this.#inputs, this.#steps, this.#count).bytes();
  }

  #tensor(bytes: number): GraphTensor {
    return { bytes, id: this.#count++ };
  }
}

class Layout {
  readonly #space = new FreeSpace();
  readonly #inputs: readonly GraphTensor[];
  readonly #steps: readonly Step[];
  /** Number of remaining uses, by tensor id. */
  readonly #uses: number[];
  /** Offsets in the buffer, by tensor id. */
  readonly #offsets = new Map<number, number>();

  constructor(inputs: readonly GraphTensor[], steps: readonly Step[], count: number) {
    this.#inputs = inputs;
    this.#steps = steps;
    this.#uses = new Array<number>(count).fill(0);
  }

  bytes(): number {
    for (const { sources } of this.#steps) {
      for (const { id } of sources) this.#uses[id] = (this.#uses[id] ?? 0) + 1;
    }
    for (const input of this.#inputs) this.#place(input);
    for (const step of this.#steps) this.#run(step);
    return this.#space.peak;
  }

  #run({ result, sources, isInPlace }: Step): void {
    const parent = isInPlace ? sources.find((source) => this.#canTakeOver(source, result)) : undefined;
    if (parent) this.#takeOver(parent, result);
    else this.#place(result);
    for (const source of sources) this.#release(source);
  }

  #canTakeOver({ id, bytes }: GraphTensor, result: GraphTensor): boolean {
    return this.#uses[id] === 1 && this.#offsets.has(id) && bytes === result.bytes;
  }

  #takeOver(parent: GraphTensor, result: GraphTensor): void {
    const offset = this.#offsets.get(parent.id) ?? 0;
    this.#offsets.delete(parent.id);
    this.#offsets.set(result.id, offset);
  }

  #place({ id, bytes }: GraphTensor): void {
    if (bytes > 0) this.#offsets.set(id, this.#space.take(bytes));
  }

  #release({ id, bytes }: GraphTensor): void {
    const left = (this.#uses[id] ?? 0) - 1;
    this.#uses[id] = left;
    const offset = this.#offsets.get(id);
    if (left > 0 || offset === undefined) return;
    this.#offsets.delete(id);
    this.#space.free(offset, bytes);
  }
}

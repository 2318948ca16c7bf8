import { OllamaError } from '../../base/errors.ts';
import type { Pointer } from '../native/bindings.ts';
import type { Ggml } from './ggml.ts';
import { type Tensor, TensorMemory } from './tensor.ts';

/** Leaves that live longer than a graph, and the memory of a backend that holds their data. */
export class BackendBuffer {
  readonly #ggml: Ggml;
  readonly #memory: TensorMemory;
  #buffer: Pointer | undefined;
  #bytes = 0;

  /** @param most maximum number of tensors */
  constructor(ggml: Ggml, most: number) {
    this.#ggml = ggml;
    this.#memory = new TensorMemory(ggml, most);
  }

  /** Bytes of data, once allocated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Declares a tensor; it has no memory before `allocate`. */
  declare(shape: readonly number[], type: number): Tensor {
    return this.#memory.leaf(shape, type);
  }

  /**
   * Allocates all declared tensors.
   * @param usage one of `bufferUsages`; absent = any
   * @throws OllamaError `load-failed` when there is not enough memory
   */
  allocate(backend: Pointer, usage?: number): void {
    const buffer = this.#ggml.allocateContext(this.#memory.context, backend);
    if (buffer === null)
      throw new OllamaError('load-failed', 'not enough memory for the encoder of pictures and sound');
    this.#buffer = buffer;
    this.#bytes = Number(this.#ggml.bufferSize(buffer));
    if (usage !== undefined) this.#ggml.setBufferUsage(buffer, usage);
  }

  /** Whether the processor can write to the data directly. */
  get isHost(): boolean {
    return this.#buffer !== undefined && this.#ggml.bufferIsHost(this.#buffer);
  }

  free(): void {
    if (this.#buffer !== undefined) this.#ggml.freeBuffer(this.#buffer);
    this.#buffer = undefined;
    this.#memory.free();
  }
}

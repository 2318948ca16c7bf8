import { OllamaError } from '../../base/errors.ts';
import type { Pointer } from '../native/bindings.ts';
import { BackendBuffer } from './backend-buffer.ts';
import type { Ggml } from './ggml.ts';
import type { InputValue, ValueSpec } from './program.ts';
import type { Tensor } from './tensor.ts';

interface Slot {
  readonly key: string;
  readonly tensor: Tensor;
  readonly buffer: BackendBuffer;
}

/**
 * The values of one encoding that outlive a graph. A value that is replaced is written to a second place, because the graph
 * that writes it may still read the old one.
 */
export class ValueStore {
  readonly #ggml: Ggml;
  readonly #backend: Pointer;
  readonly #current = new Map<string, Tensor>();
  readonly #slots = new Map<string, Slot[]>();
  #bytes = 0;

  constructor(ggml: Ggml, backend: Pointer) {
    this.#ggml = ggml;
    this.#backend = backend;
  }

  /** Bytes of all values, old places included. */
  get bytes(): number {
    return this.#bytes;
  }

  get names(): Iterable<string> {
    return this.#current.keys();
  }

  get(name: string): Tensor {
    const tensor = this.#current.get(name);
    if (tensor) return tensor;
    throw new OllamaError('internal', `the encoder has no value ${name}`);
  }

  /** Stores a value from outside. */
  setInput(name: string, { shape, data }: InputValue, type: number): void {
    const { tensor } = this.#place(name, { shape, type, rowAxis: 0 });
    const bytes = Number(this.#ggml.tensorBytes(tensor.pointer));
    if (bytes !== data.byteLength)
      throw new OllamaError('internal', `the input ${name} has ${data.byteLength} bytes, expected ${bytes}`);
    this.#ggml.setTensor(tensor.pointer, data, 0, bytes);
    this.#current.set(name, tensor);
  }

  /** Where a new value of this name can be written while the current one is still read. */
  target(name: string, spec: ValueSpec): Tensor {
    return this.#place(name, spec).tensor;
  }

  /** Makes what was written to a target the current value. */
  replace(name: string, written: Tensor): void {
    this.#current.set(name, written);
  }

  drop(name: string): void {
    this.#current.delete(name);
  }

  /** Reads a value of floats. */
  read(name: string): Float32Array {
    const tensor = this.get(name);
    const values = new Float32Array(tensor.elements);
    this.#ggml.getTensor(tensor.pointer, values, 0, values.byteLength);
    return values;
  }

  free(): void {
    for (const slots of this.#slots.values()) for (const { buffer } of slots) buffer.free();
    this.#slots.clear();
    this.#current.clear();
  }

  #place(name: string, { shape, type }: ValueSpec): Slot {
    const key = `${type}:${shape.join(',')}`;
    const slots = this.#slots.get(name) ?? [];
    const current = this.#current.get(name);
    const unused = slots.find((slot) => slot.key === key && slot.tensor !== current);
    if (unused) return unused;
    const buffer = new BackendBuffer(this.#ggml, 1);
    const slot = { key, tensor: buffer.declare(shape, type), buffer };
    this.#slots.set(name, [...slots, slot]);
    buffer.allocate(this.#backend);
    this.#bytes += buffer.bytes;
    return slot;
  }
}

import type { FileHandle } from 'node:fs/promises';
import koffi from 'koffi';
import { OllamaError } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import type { Pointer } from '../native/bindings.ts';
import { BackendBuffer } from './backend-buffer.ts';
import { bufferUsages, elementTypes, type Ggml } from './ggml.ts';
import type { Tensor } from './tensor.ts';

/** Where the bytes of a tensor are in a file, one range after the other. */
export interface StoredTensor {
  readonly name: string;
  /** Elements per dimension, the contiguous one first. */
  readonly shape: readonly number[];
  /** `ggml_type` number. */
  readonly type: number;
  readonly byteSize: number;
  readonly ranges: readonly { readonly start: number; readonly bytes: number }[];
}

/** Bytes read at once: large enough for full speed, and all that is held where a GPU gets them. */
const CHUNK_BYTES = 4 * MIB;

/**
 * The weights of one encoder. First a family asks for tensors by name, which declares them; then `load` reads those, and
 * only those, from the file, as they are stored there.
 */
export class Weights {
  readonly #ggml: Ggml;
  readonly #stored: ReadonlyMap<string, StoredTensor>;
  readonly #declared = new Map<string, { readonly tensor: Tensor; readonly stored: StoredTensor }>();
  readonly #buffer: BackendBuffer;
  #isLoaded = false;

  constructor(ggml: Ggml, stored: ReadonlyMap<string, StoredTensor>) {
    this.#ggml = ggml;
    this.#stored = stored;
    this.#buffer = new BackendBuffer(ggml, Math.max(stored.size, 1));
  }

  /** Bytes of all that was loaded. */
  get bytes(): number {
    return this.#buffer.bytes;
  }

  has(name: string): boolean {
    return this.#stored.has(name);
  }

  /** @throws OllamaError `load-failed` naming the tensor, if the file lacks it */
  tensor(name: string): Tensor {
    const tensor = this.optional(name);
    if (tensor) return tensor;
    throw new OllamaError('load-failed', `the projector lacks the tensor ${JSON.stringify(name)}`);
  }

  /** Like `tensor`, but undefined if the file lacks it. */
  optional(name: string): Tensor | undefined {
    const before = this.#declared.get(name);
    if (before) return before.tensor;
    const stored = this.#stored.get(name);
    if (!stored) return undefined;
    const tensor = this.#buffer.declare(stored.shape, stored.type);
    this.#declared.set(name, { tensor, stored });
    return tensor;
  }

  /**
   * The number in a tensor of one float, once `load` has read it; undefined if the file lacks it.
   * @throws OllamaError `load-failed` for another tensor: ggml would end the process
   */
  number(name: string): number | undefined {
    const declared = this.#declared.get(name);
    if (!declared || !this.#isLoaded) return undefined;
    const { type, elements } = declared.tensor;
    if (type !== elementTypes.f32 || elements !== 1)
      throw new OllamaError('load-failed', `the tensor ${JSON.stringify(name)} must be one 32-bit float`);
    const value = new Float32Array(1);
    this.#ggml.getTensor(declared.tensor.pointer, value, 0, value.byteLength);
    return value[0];
  }

  /**
   * Reads the declared tensors into memory of a backend.
   * @throws OllamaError `load-failed`; system errors of reading
   */
  async load(path: string, backend: Pointer): Promise<void> {
    this.#buffer.allocate(backend, bufferUsages.weights);
    const file = await openRegularFile(path);
    try {
      const write = this.#buffer.isHost ? readIntoHost : readThroughChunk;
      for (const { tensor, stored } of this.#declared.values()) {
        if (Number(this.#ggml.tensorBytes(tensor.pointer)) !== stored.byteSize)
          throw new OllamaError(
            'load-failed',
            `the tensor ${JSON.stringify(stored.name)} has an unexpected size`,
          );
        await write(this.#ggml, file, tensor, stored);
      }
      this.#isLoaded = true;
    } finally {
      await file.close();
    }
  }

  free(): void {
    this.#buffer.free();
  }
}

async function readIntoHost(
  ggml: Ggml,
  file: FileHandle,
  tensor: Tensor,
  stored: StoredTensor,
): Promise<void> {
  const data = ggml.tensorData(tensor.pointer);
  if (data === null) throw new OllamaError('load-failed', 'a tensor has no memory');
  const bytes = new Uint8Array(koffi.view(data, stored.byteSize));
  let filled = 0;
  for (const range of stored.ranges) {
    await readExactly(file, bytes.subarray(filled, filled + range.bytes), range.start);
    filled += range.bytes;
  }
}

async function readThroughChunk(
  ggml: Ggml,
  file: FileHandle,
  tensor: Tensor,
  stored: StoredTensor,
): Promise<void> {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, stored.byteSize));
  let filled = 0;
  for (const range of stored.ranges) {
    for (let at = 0; at < range.bytes; at += chunk.length) {
      const part = chunk.subarray(0, Math.min(chunk.length, range.bytes - at));
      await readExactly(file, part, range.start + at);
      ggml.setTensor(tensor.pointer, part, filled, part.length);
      filled += part.length;
    }
  }
}

async function readExactly(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < target.length; ) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, position + filled);
    if (bytesRead === 0) throw new OllamaError('load-failed', 'the file of the projector ends too early');
    filled += bytesRead;
  }
}

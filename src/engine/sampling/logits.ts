import { OllamaError } from '../../base/errors.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { viewFloats } from '../native/native-memory.ts';

/** The addresses of outputs repeat with every step; more than this many would mean that the buffer keeps moving. */
const MAX_VIEWS = 256;

/** The raw logits of a context's outputs. */
export class Logits {
  readonly #bindings: Bindings;
  readonly #context: Pointer;
  readonly #size: number;
  /**
   * Views are cached because creating one costs far more than a look-up, and each one is work for the garbage
   * collector.
   */
  readonly #views = new Map<Pointer, Float32Array>();

  constructor(bindings: Bindings, context: Pointer, vocabularySize: number) {
    this.#bindings = bindings;
    this.#context = context;
    this.#size = vocabularySize;
  }

  /**
   * The logits after the batch's token `index`, valid until the next decode.
   * @throws OllamaError `runner-failed` when no logits were requested there
   */
  at(index: number): Float32Array {
    const pointer = this.#bindings.logitsAt(this.#context, index);
    if (pointer === null) {
      throw new OllamaError('runner-failed', 'the engine returned no logits for a sampled token');
    }
    let view = this.#views.get(pointer);
    if (view === undefined) {
      if (this.#views.size >= MAX_VIEWS) this.#views.clear();
      view = viewFloats(pointer, this.#size);
      this.#views.set(pointer, view);
    }
    return view;
  }
}

import { OllamaError } from '../../base/errors.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { viewFloats } from '../native/native-memory.ts';

/** The addresses of outputs repeat with every step; more than this many would mean that the buffer keeps moving. */
const MAX_VIEWS = 256;

/** Where the logits of a token are: at an index in the batch of the last call, or kept from an earlier one. */
export type Output = number | Float32Array;

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
   * The logits of an output; those of the last call are valid until the next one.
   * @throws OllamaError `runner-failed` when no logits were requested there
   */
  at(output: Output): Float32Array {
    if (typeof output !== 'number') return output;
    const pointer = this.#bindings.logitsAt(this.#context, output);
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

/** Like `includes(NaN)`, which takes three times as long. */
export function includesNaN(values: Float32Array): boolean {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let at = 0; at < values.length; at += 4) {
    first += values[at] ?? 0;
    second += values[at + 1] ?? 0;
    third += values[at + 2] ?? 0;
    fourth += values[at + 3] ?? 0;
  }
  // Opposite infinities add up to NaN as well.
  return Number.isNaN(first + second + third + fourth) && values.includes(Number.NaN);
}

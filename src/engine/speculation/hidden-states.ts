import type { MaybePointer, NativeBatch, Pointer } from '../native/bindings.ts';
import type { EagleBindings } from '../native/eagle-bindings.ts';
import { allocateFloat32, viewFloats } from '../native/native-memory.ts';
import type { PredictionBindings } from '../native/prediction-bindings.ts';

/** What the drafting layers take from the model for each token. */
export interface HiddenStates {
  /** Says before a call of the model whether its hidden states may be wanted. */
  watch(isWanted: boolean): void;
  /**
   * A copy of the hidden states of some tokens of the last call.
   * @param first index in the batch of the first one
   * @returns one row per token; undefined where the library has none
   */
  rows(first: number, count: number): Float32Array | undefined;
}

/** The states before the model's output matrix, which its own predicting layers take. */
export class LastHiddenStates implements HiddenStates {
  readonly #prediction: Pick<PredictionBindings, 'outputHidden' | 'hiddenRows'>;
  readonly #context: Pointer;
  readonly #width: number;
  #isWatching = false;

  /** @param context the model's own */
  constructor(
    prediction: Pick<PredictionBindings, 'outputHidden' | 'hiddenRows'>,
    context: Pointer,
    width: number,
  ) {
    this.#prediction = prediction;
    this.#context = context;
    this.#width = width;
  }

  /** The model outputs its hidden states only while someone needs them, since that costs a little. */
  watch(isWanted: boolean): void {
    if (isWanted === this.#isWatching) return;
    this.#isWatching = isWanted;
    this.#prediction.outputHidden(this.#context, isWanted, false);
  }

  rows(first: number, count: number): Float32Array | undefined {
    return copyRows(this.#prediction.hiddenRows(this.#context), first, count, this.#width);
  }
}

export interface EagleStatesParts {
  readonly eagle: Pick<EagleBindings, 'layerInputs' | 'encode'>;
  readonly prediction: Pick<PredictionBindings, 'hiddenRows'>;
  /** The context of the model itself, which outputs the inputs of `layers`. */
  readonly target: Pointer;
  readonly layers: readonly number[];
  /** Elements of a layer's input. */
  readonly inputLength: number;
  /** The context of the EAGLE-3 model. */
  readonly context: Pointer;
  /** Elements of what it makes of them. */
  readonly width: number;
  /** Maximum number of tokens that it encodes at once. */
  readonly batchSize: number;
}

/** The inputs of three layers of the model, which an EAGLE-3 model encodes into one row per token. */
export class EagleStates implements HiddenStates {
  readonly #parts: EagleStatesParts;
  readonly #features: ReturnType<typeof allocateFloat32>;

  constructor(parts: EagleStatesParts) {
    this.#parts = parts;
    this.#features = allocateFloat32(parts.batchSize * parts.layers.length * parts.inputLength);
  }

  /** A change would make llama.cpp lay out its graphs again, so the model outputs these inputs all the time. */
  watch(): void {}

  rows(first: number, count: number): Float32Array | undefined {
    const { batchSize, width } = this.#parts;
    const all = new Float32Array(count * width);
    for (let at = 0; at < count; at += batchSize) {
      const size = Math.min(batchSize, count - at);
      const encoded = this.#gather(first + at, size) ? this.#encode(size) : undefined;
      if (!encoded) return undefined;
      all.set(encoded, at * width);
    }
    return all;
  }

  /** Puts the inputs of the layers next to each other for each token. */
  #gather(first: number, count: number): boolean {
    const { eagle, target, layers, inputLength } = this.#parts;
    const { view } = this.#features;
    for (const [place, layer] of layers.entries()) {
      const inputs = copyRows(eagle.layerInputs(target, layer), first, count, inputLength);
      if (!inputs) return false;
      for (let index = 0; index < count; index++) {
        const row = inputs.subarray(index * inputLength, (index + 1) * inputLength);
        view.set(row, (index * layers.length + place) * inputLength);
      }
    }
    return true;
  }

  #encode(count: number): Float32Array | undefined {
    const { eagle, prediction, context, width } = this.#parts;
    const nothing = { token: null, pos: null, n_seq_id: null, seq_id: null, logits: null };
    const batch: NativeBatch = { ...nothing, n_tokens: count, embd: this.#features.pointer };
    if (eagle.encode(context, batch) !== 0) return undefined;
    return copyRows(prediction.hiddenRows(context), 0, count, width);
  }
}

function copyRows(base: MaybePointer, first: number, count: number, width: number): Float32Array | undefined {
  if (base === null) return undefined;
  const start = base + BigInt(first * width * Float32Array.BYTES_PER_ELEMENT);
  return Float32Array.from(viewFloats(start, count * width));
}

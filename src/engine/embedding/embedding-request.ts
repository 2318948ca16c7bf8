import { encodeFloats } from '../../protocol/float-text.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import type { WaitingInputs } from './input-plan.ts';

/** An input with pictures or sound. */
export interface IllustratedTokens {
  readonly tokens: readonly number[];
  readonly spans: readonly MediaSpan[];
}

/** One embedding request on its way through the steps. */
export class EmbeddingRequest {
  readonly id: number;
  canceled = false;
  readonly #inputs: readonly (readonly number[])[];
  readonly #media: readonly (readonly MediaSpan[])[];
  readonly #vectors: string[] = [];
  #computed = 0;

  constructor(
    id: number,
    inputs: readonly (readonly number[])[],
    media: readonly (readonly MediaSpan[])[] = [],
  ) {
    this.id = id;
    this.#inputs = inputs;
    this.#media = media;
  }

  get isDone(): boolean {
    return this.#vectors.length === this.#inputs.length;
  }

  /** Base64 of 32-bit floats, one per input; complete once the request is done. */
  get vectors(): readonly string[] {
    return this.#vectors;
  }

  /** The first unfinished input, if it has pictures or sound. */
  get illustrated(): IllustratedTokens | undefined {
    const first = this.#vectors.length;
    const [tokens, spans = []] = [this.#inputs[first], this.#media[first]];
    return tokens && spans.length > 0 ? { tokens, spans } : undefined;
  }

  /** Describes at most `most` of the unfinished inputs up to one with media; a step never has room for more. */
  waiting(most: number): WaitingInputs {
    const first = this.#vectors.length;
    const inputs = this.#inputs.slice(first, first + most);
    const end = inputs.findIndex((_, index) => (this.#media[first + index]?.length ?? 0) > 0);
    const lengths = (end < 0 ? inputs : inputs.slice(0, end)).map((input) => input.length);
    if (lengths[0] !== undefined) lengths[0] -= this.#computed;
    return { id: this.id, lengths, isBegun: this.#computed > 0 };
  }

  /** Number of tokens of the first unfinished input that are in the KV cache. */
  get computed(): number {
    return this.#computed;
  }

  /** @param index counted from the first unfinished input */
  share(index: number, tokens: number): { readonly from: number; readonly tokens: readonly number[] } {
    const from = index === 0 ? this.#computed : 0;
    const input = this.#inputs[this.#vectors.length + index] ?? [];
    return { from, tokens: input.slice(from, from + tokens) };
  }

  /** Must be called in the order of the inputs. */
  finishInput(vector: Float32Array): void {
    this.#vectors.push(encodeFloats(vector));
    this.#computed = 0;
  }

  advance(tokens: number): void {
    this.#computed += tokens;
  }
}

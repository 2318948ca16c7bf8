import type { EmbeddingFacts } from '../../protocol/load.ts';
import type { MediaSequence } from '../batching/media-steps.ts';
import { isOnePiece, partEnd, spanAt } from '../media/spans.ts';
import type { EmbeddingRequest, IllustratedTokens } from './embedding-request.ts';
import { SPLIT_SEQUENCE, STEP_TOKENS } from './limits.ts';

/** The tokens or rows of one call. */
export interface Share {
  readonly isRows: boolean;
  readonly tokens: number;
}

interface ShareLimits {
  /** Maximum number of rows in a call. */
  readonly rowsPerCall: number;
  readonly isBidirectional: boolean;
}

/**
 * One input with pictures or sound on its way. Its texts and its rows are separate calls, each of which sees the earlier ones through the
 * KV cache; the vectors of the calls together make that of the input.
 */
export class IllustratedInput implements MediaSequence {
  readonly request: EmbeddingRequest;
  readonly spans: IllustratedTokens['spans'];
  readonly #tokens: readonly number[];
  readonly #pooling: EmbeddingFacts['pooling'];
  #computed = 0;
  #vector: Float32Array | undefined;

  constructor(
    request: EmbeddingRequest,
    { tokens, spans }: IllustratedTokens,
    pooling: EmbeddingFacts['pooling'],
  ) {
    this.request = request;
    this.spans = spans;
    this.#tokens = tokens;
    this.#pooling = pooling;
  }

  get id(): number {
    return this.request.id;
  }

  get canceled(): boolean {
    return this.request.canceled;
  }

  get slot() {
    return { id: SPLIT_SEQUENCE, tokens: { length: this.#computed } };
  }

  get isDone(): boolean {
    return this.#computed === this.#tokens.length;
  }

  /** The vector of what is computed; undefined before the first call. */
  get vector(): Float32Array | undefined {
    return this.#vector;
  }

  /** What the next call computes: tokens of a text, or rows of one piece. */
  nextShare({ rowsPerCall, isBidirectional }: ShareLimits): Share {
    const left = Math.min(partEnd(this.spans, this.#computed), this.#tokens.length) - this.#computed;
    const span = spanAt(this.spans, this.#computed);
    if (!span) return { isRows: false, tokens: Math.min(left, STEP_TOKENS) };
    return { isRows: true, tokens: isOnePiece(span, isBidirectional) ? left : Math.min(left, rowsPerCall) };
  }

  /** @returns the next tokens of a text */
  next(count: number): readonly number[] {
    return this.#tokens.slice(this.#computed, this.#computed + count);
  }

  /**
   * Takes the result of a call.
   * @param vector pooled over the tokens of the call
   */
  add(tokens: number, vector: Float32Array): void {
    this.#vector = this.#pooled(tokens, vector);
    this.#computed += tokens;
  }

  #pooled(tokens: number, vector: Float32Array): Float32Array {
    const before = this.#vector;
    if (!before || this.#pooling === 'last') return Float32Array.from(vector);
    if (this.#pooling !== 'mean') return before;
    const weight = tokens / (this.#computed + tokens);
    return before.map((value, index) => value + ((vector[index] ?? Number.NaN) - value) * weight);
  }
}

import { OllamaError } from '../../base/errors.ts';
import type { EmbeddingFacts } from '../../protocol/load.ts';
import { Batch } from '../batching/batch.ts';
import { DECODE_ABORTED, type Decoder } from '../batching/decoder.ts';
import { type MediaParts, MediaSteps } from '../batching/media-steps.ts';
import { positionOf } from '../media/spans.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { viewFloats } from '../native/native-memory.ts';
import type { EmbeddingRequest } from './embedding-request.ts';
import { IllustratedInput, type Share } from './illustrated-input.ts';
import { SPLIT_SEQUENCE, STEP_TOKENS } from './limits.ts';

export interface IllustratedParts {
  readonly bindings: Bindings;
  readonly context: Pointer;
  readonly decoder: Decoder;
  readonly facts: EmbeddingFacts;
  readonly media: MediaParts;
}

/** The request whose input failed, and why. */
export interface IllustratedFailure {
  readonly request: EmbeddingRequest;
  readonly error: unknown;
}

/** The part of the embedding loop for inputs with pictures or sound: one at a time, beside the steps of the others. */
export class IllustratedInputs {
  readonly #parts: IllustratedParts;
  readonly #steps: MediaSteps;
  readonly #batch = new Batch(STEP_TOKENS);
  #current: IllustratedInput | undefined;

  constructor(parts: IllustratedParts) {
    this.#parts = parts;
    this.#steps = new MediaSteps({ ...parts, ...parts.media });
  }

  /** What the checks of a request need to know. */
  get facts() {
    return this.#parts.media.facts;
  }

  /** Whether an input occupies the sequence of inputs that take several steps. */
  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  /** Must be called when something may have come for the loop to do. */
  noteChange(): void {
    this.#steps.noteChange();
  }

  waitForChange(): Promise<void> {
    return this.#steps.waitForChange();
  }

  /** Must be called when no request is left. @returns whether it must be called again */
  end(): Promise<boolean> {
    this.#leave([]);
    return this.#steps.end();
  }

  /**
   * Computes the next part of an input, and one stage of the encoder.
   * @param requests the running ones, in the order in which they are served
   * @param isFree whether no other input occupies the sequence
   * @returns whether there was anything to compute, and what failed
   */
  async turn(
    requests: readonly EmbeddingRequest[],
    isFree: boolean,
  ): Promise<{ readonly hasComputed: boolean; readonly failure?: IllustratedFailure }> {
    this.#leave(requests);
    if (isFree) this.#current ??= this.#next(requests);
    const current = this.#current;
    const failed = this.#steps.update(current ? [current] : []);
    if (current && failed.has(current)) return this.#failed(current, failed.get(current));
    try {
      const hasDecoded = current !== undefined && (await this.#step(current));
      const isAlone = !hasDecoded && requests.length === 1;
      const hasEncoded = await this.#steps.turn(isAlone);
      return { hasComputed: hasDecoded || hasEncoded };
    } catch (error) {
      if (current && error instanceof OllamaError) return this.#failed(current, error);
      throw error;
    }
  }

  #failed({ request }: IllustratedInput, error: unknown) {
    return { hasComputed: true, failure: { request, error } };
  }

  /** Forgets an input whose request has ended. */
  #leave(requests: readonly EmbeddingRequest[]): void {
    if (this.#current && !requests.includes(this.#current.request)) this.#forget();
  }

  #next(requests: readonly EmbeddingRequest[]): IllustratedInput | undefined {
    for (const request of requests) {
      const { illustrated, canceled } = request;
      if (illustrated && !canceled)
        return new IllustratedInput(request, illustrated, this.#parts.facts.pooling);
    }
    return undefined;
  }

  /** @returns false while the rows that come next are not encoded */
  async #step(current: IllustratedInput): Promise<boolean> {
    if (current.canceled || this.#steps.isWaiting(current)) return false;
    const { isBidirectional } = this.facts;
    const share = current.nextShare({ rowsPerCall: this.#parts.media.rowsPerCall, isBidirectional });
    const code = share.isRows
      ? await this.#decodeRows(current, share)
      : await this.#decodeText(current, share);
    if (code === DECODE_ABORTED) return true;
    const vector = code === 0 ? this.#vectorOf() : undefined;
    if (!vector) {
      const message = `the engine could not compute an embedding with pictures or sound (llama_decode returned ${code})`;
      throw new OllamaError('runner-failed', message);
    }
    current.add(share.tokens, vector);
    if (!current.isDone || !current.vector) return true;
    current.request.finishInput(current.vector);
    this.#forget();
    return true;
  }

  async #decodeText(current: IllustratedInput, { tokens }: Share): Promise<number> {
    this.#batch.clear();
    const from = current.slot.tokens.length;
    for (const [offset, token] of current.next(tokens).entries())
      this.#batch.add(token, positionOf(current.spans, from + offset), SPLIT_SEQUENCE, true);
    return this.#parts.decoder.decode(this.#batch.native, true);
  }

  async #decodeRows(current: IllustratedInput, { tokens }: Share): Promise<number> {
    const rows = this.#steps.rows(current, tokens);
    if (!rows) throw new OllamaError('runner-failed', 'the rows of a picture or sound are missing');
    this.#steps.place(current, rows, tokens, tokens);
    const { native } = this.#steps.batch;
    return this.#steps.decode(current, () => this.#parts.decoder.decode(native, true));
  }

  #vectorOf(): Float32Array | undefined {
    const { bindings, context, facts } = this.#parts;
    const vector = bindings.embeddingOf(context, SPLIT_SEQUENCE);
    return vector === null ? undefined : viewFloats(vector, facts.length);
  }

  #forget(): void {
    const { bindings, context } = this.#parts;
    const memory = bindings.memory(context);
    if (memory !== null) bindings.memoryRemove(memory, SPLIT_SEQUENCE, -1, -1);
    this.#current = undefined;
  }
}

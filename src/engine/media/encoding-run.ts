import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { OllamaError } from '../../base/errors.ts';
import type { MediaPiece } from '../../protocol/media.ts';
import type { Projector } from './projector.ts';

/** The outcome of an encoding. */
export type Encoded = { readonly rows: Float32Array } | { readonly error: unknown };

/** One piece on its way through the encoder, which computes a stage at a time and waits between two of them. */
export class EncodingRun {
  readonly piece: MediaPiece;
  isCanceled = false;
  readonly #encode: () => Promise<Float32Array>;
  #isStarted = false;
  #outcome: Encoded | undefined;
  /** Settled when the stage in progress ends. */
  #stageEnd: Deferred<void> = createDeferred();
  #resume: Deferred<boolean> | undefined;

  constructor(projector: Projector, piece: MediaPiece, data: Uint8Array) {
    this.piece = piece;
    this.#encode = () => projector.encode(piece, data, () => this.#pause());
  }

  /** Undefined while more stages follow. */
  get outcome(): Encoded | undefined {
    return this.#outcome;
  }

  /**
   * Computes the next stage; must not be called again before it resolves.
   * @param isAlone whether nobody else waits
   */
  async advance(isAlone: boolean): Promise<void> {
    this.#stageEnd = createDeferred();
    if (this.#isStarted) this.#resume?.resolve(isAlone);
    else void this.#run();
    await this.#stageEnd.promise;
  }

  /** The next stage is the last one: it only ends the encoding. */
  cancel(): void {
    this.isCanceled = true;
  }

  async #run(): Promise<void> {
    this.#isStarted = true;
    try {
      this.#outcome = { rows: await this.#encode() };
    } catch (error) {
      this.#outcome = { error };
    }
    this.#stageEnd.resolve();
  }

  async #pause(): Promise<boolean> {
    this.#resume = createDeferred();
    this.#stageEnd.resolve();
    const isAlone = await this.#resume.promise;
    if (this.isCanceled) throw new OllamaError('canceled', 'request canceled');
    return isAlone;
  }
}

import { OllamaError } from '../../base/errors.ts';
import type { MediaPiece } from '../../protocol/media.ts';
import { EncodingRun } from './encoding-run.ts';
import type { MediaInbox } from './media-inbox.ts';
import type { Projector } from './projector.ts';
import { RowsCache } from './rows-cache.ts';

/** A piece that a running request has still to compute. */
export interface MediaNeed {
  readonly id: number;
  readonly piece: MediaPiece;
  /** Number of pieces that the same request needs before. */
  readonly before: number;
}

export interface MediaEncoderParts {
  readonly projector: Projector;
  readonly inbox: Pick<MediaInbox, 'request' | 'forget'>;
  /** Bytes of rows that are kept. */
  readonly cacheBytes: number;
  /** Called when data has arrived. */
  readonly onChange: () => void;
  /** Called after each stage. */
  readonly onStage: () => void;
  /** Called when no rows can be had for a piece. */
  readonly onFailure: (digest: string, error: unknown) => void;
}

interface Fetched {
  /** The request in whose name the data was asked for. */
  readonly id: number;
  data?: Uint8Array;
}

/** Pieces whose data is asked for at once: that of the next one arrives while one is encoded. */
const FETCHED_AT_ONCE = 2;

/**
 * Turns the pieces of running requests into rows, one piece at a time and in stages, between which the batch loop computes
 * steps. Requests with the same piece share its rows, also when they come while it is encoded.
 */
export class MediaEncoder {
  readonly #parts: MediaEncoderParts;
  readonly #cache: RowsCache;
  readonly #fetched = new Map<string, Fetched>();
  /** The needs whose rows are missing, most urgent first, one for each digest. */
  #missing: readonly MediaNeed[] = [];
  #needed: ReadonlySet<string> = new Set();
  #run: EncodingRun | undefined;

  constructor(parts: MediaEncoderParts) {
    this.#parts = parts;
    this.#cache = new RowsCache(parts.cacheBytes);
  }

  /** The rows of a piece, if they are known. */
  rows(digest: string): Float32Array | undefined {
    return this.#cache.get(digest);
  }

  has(digest: string): boolean {
    return this.#cache.has(digest);
  }

  /**
   * Must be called before each turn with everything that running requests have still to compute. What nobody needs any more
   * is not encoded further.
   */
  update(needs: readonly MediaNeed[]): void {
    this.#needed = new Set(needs.map(({ piece }) => piece.digest));
    this.#cache.trim((digest) => this.#needed.has(digest));
    // The next piece of every request comes before the further ones of any.
    const missing = new Map<string, MediaNeed>();
    for (const need of [...needs].sort((left, right) => left.before - right.before)) {
      const { digest } = need.piece;
      if (!this.#cache.has(digest) && !missing.has(digest)) missing.set(digest, need);
    }
    this.#missing = [...missing.values()];
    if (this.#run && !this.#needed.has(this.#run.piece.digest)) this.#run.cancel();
    this.#forgetData(needs);
    for (const need of this.#missing.slice(0, FETCHED_AT_ONCE)) this.#fetch(need);
  }

  /**
   * Computes one stage.
   * @param isAlone whether nobody else waits
   * @returns false when there is nothing to compute yet
   */
  async turn(isAlone: boolean): Promise<boolean> {
    this.#run ??= this.#begin();
    const run = this.#run;
    if (!run) return false;
    await run.advance(isAlone);
    this.#parts.onStage();
    if (run.outcome) this.#finish(run);
    return true;
  }

  /**
   * Lets go of what only requests needed that have ended: data, excess rows, and the memory of an encoding in progress.
   * @returns whether that took a turn
   */
  end(): Promise<boolean> {
    this.update([]);
    return this.turn(true);
  }

  #begin(): EncodingRun | undefined {
    const next = this.#missing.find(
      (need) => this.#fetched.get(need.piece.digest)?.data && this.#hasRoom(need),
    );
    const data = next && this.#fetched.get(next.piece.digest)?.data;
    if (!data) return undefined;
    this.#fetched.delete(next.piece.digest);
    return new EncodingRun(this.#parts.projector, next.piece, data);
  }

  /** What a request needs only later waits while the rows at hand fill the cache. */
  #hasRoom({ piece, before }: MediaNeed): boolean {
    const bytes = piece.tokens * this.#parts.projector.rowWidth * Float32Array.BYTES_PER_ELEMENT;
    return before === 0 || this.#cache.bytes + bytes <= this.#parts.cacheBytes;
  }

  #finish({ piece, outcome, isCanceled }: EncodingRun): void {
    this.#run = undefined;
    if (!outcome || isCanceled || !this.#needed.has(piece.digest)) return;
    const { onFailure, projector } = this.#parts;
    if ('error' in outcome) {
      onFailure(piece.digest, outcome.error);
    } else if (outcome.rows.length !== piece.tokens * projector.rowWidth) {
      const message = `the encoder made ${outcome.rows.length / projector.rowWidth} rows where ${piece.tokens} were expected`;
      onFailure(piece.digest, new OllamaError('runner-failed', message));
    } else this.#cache.add(piece.digest, outcome.rows);
  }

  /** Forgets data that nobody needs, and questions whose answer nobody waits for: the parent answers only running requests. */
  #forgetData(needs: readonly MediaNeed[]): void {
    for (const [digest, { id, data }] of this.#fetched) {
      const isWanted = needs.some(
        ({ piece, id: needing }) => piece.digest === digest && (data !== undefined || needing === id),
      );
      if (isWanted && !this.#cache.has(digest)) continue;
      this.#parts.inbox.forget(id, digest);
      this.#fetched.delete(digest);
    }
  }

  #fetch({ id, piece }: MediaNeed): void {
    const { digest } = piece;
    if (this.#fetched.has(digest) || this.#run?.piece.digest === digest) return;
    const fetched: Fetched = { id };
    this.#fetched.set(digest, fetched);
    const { inbox, onChange, onFailure } = this.#parts;
    inbox.request(id, piece).then(
      (data) => {
        fetched.data = data;
        onChange();
      },
      (error: unknown) => {
        if (this.#fetched.get(digest) === fetched) this.#fetched.delete(digest);
        onFailure(digest, error);
        onChange();
      },
    );
  }
}

import { OllamaError } from '../../base/errors.ts';
import type { MediaPiece } from '../../protocol/media.ts';
import { saltedDigest } from '../cache-salt.ts';
import type { Medium } from './medium.ts';
import type { PrepareMedium } from './prepare-medium.ts';

/** A prepared part without the bytes of its piece. */
export type PlacedPart = { readonly text: string } | { readonly piece: MediaPiece };

/** Number of tokens that the pieces among parts become. */
export function rowsOf(parts: readonly PlacedPart[]): number {
  return parts.reduce((sum, part) => sum + ('piece' in part ? part.piece.tokens : 0), 0);
}

/**
 * The media of one request. Each is prepared once, at the latest when a prompt first contains it. Their bytes are not kept: what prepares them remembers
 * those that it prepared lately, and an engine that has computed a piece before does not ask for it.
 */
export class RequestMedia {
  readonly #salt: string | undefined;
  readonly #prepare: PrepareMedium;
  /** By base64, because one request may hold the same medium twice. */
  readonly #parts = new Map<string, Promise<readonly PlacedPart[]>>();
  readonly #owners = new Map<string, Medium>();

  /** @param salt rows of pieces are shared only with requests that have the same one */
  constructor(prepare: PrepareMedium, salt?: string) {
    this.#salt = salt;
    this.#prepare = prepare;
  }

  /**
   * Prepares media one after the other, so that nothing waits for them when the prompt is built; none behind those that have more than
   * `mostRows` tokens together, which a prompt may not contain.
   * @throws OllamaError as `partsOf`
   */
  async prepare(media: readonly Medium[], mostRows: number): Promise<void> {
    let rows = 0;
    for (const medium of media) {
      rows += rowsOf(await this.partsOf(medium));
      if (rows > mostRows) return;
    }
  }

  /** @throws OllamaError `invalid-request` naming the medium that cannot be read, `canceled` */
  partsOf(medium: Medium): Promise<readonly PlacedPart[]> {
    const known = this.#parts.get(medium.data) ?? this.#placed(medium);
    this.#parts.set(medium.data, known);
    return known;
  }

  async #placed(medium: Medium): Promise<readonly PlacedPart[]> {
    const parts = await this.#prepare(medium);
    return parts.map((part) => {
      if ('text' in part) return part;
      // Everything that an engine keeps of a piece, it knows by this digest.
      const digest = saltedDigest(part.piece.digest, this.#salt);
      this.#owners.set(digest, medium);
      return { piece: { ...part.piece, digest } };
    });
  }

  /**
   * The bytes of a piece that `partsOf` returned.
   * @throws OllamaError as `partsOf`
   */
  async dataOf(digest: string): Promise<Uint8Array> {
    const owner = this.#owners.get(digest);
    const parts = owner ? await this.#prepare(owner) : [];
    for (const part of parts) {
      if ('piece' in part && saltedDigest(part.piece.digest, this.#salt) === digest) return part.data;
    }
    throw new OllamaError('internal', `no picture or sound of the request has the digest ${digest}`);
  }
}

import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { OllamaError } from '../../base/errors.ts';
import { type MediaPiece, pieceBytes } from '../../protocol/media.ts';

interface Awaited {
  readonly bytes: Uint8Array;
  readonly complete: Deferred<Uint8Array>;
  filled: number;
}

/** Asks the parent for the data of pieces, and puts their parts together. */
export class MediaInbox {
  readonly #ask: (id: number, digest: string) => void;
  readonly #awaited = new Map<string, Awaited>();

  /** @param ask sends the question, in the name of a running request */
  constructor(ask: (id: number, digest: string) => void) {
    this.#ask = ask;
  }

  /** Resolves with the data; it never does if the request ends first, so `forget` it then. */
  request(id: number, piece: MediaPiece): Promise<Uint8Array> {
    const complete = createDeferred<Uint8Array>();
    this.#awaited.set(keyOf(id, piece.digest), {
      bytes: new Uint8Array(pieceBytes(piece)),
      complete,
      filled: 0,
    });
    this.#ask(id, piece.digest);
    return complete.promise;
  }

  /** Takes the next part, as base64; parts that nobody waits for are ignored. */
  receive(id: number, digest: string, part: string): void {
    const key = keyOf(id, digest);
    const awaited = this.#awaited.get(key);
    if (!awaited) return;
    const bytes = Buffer.from(part, 'base64');
    if (bytes.length === 0 || awaited.filled + bytes.length > awaited.bytes.length) {
      this.#awaited.delete(key);
      awaited.complete.reject(
        new OllamaError('invalid-request', 'the data of a picture or sound has the wrong length'),
      );
      return;
    }
    awaited.bytes.set(bytes, awaited.filled);
    awaited.filled += bytes.length;
    if (awaited.filled < awaited.bytes.length) return;
    this.#awaited.delete(key);
    awaited.complete.resolve(awaited.bytes);
  }

  forget(id: number, digest: string): void {
    this.#awaited.delete(keyOf(id, digest));
  }
}

const keyOf = (id: number, digest: string): string => `${id} ${digest}`;

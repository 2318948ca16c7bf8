import type { ServerResponse } from 'node:http';
import { getHeapStatistics } from 'node:v8';
import type { CallerKey } from '../../access/caller-key.ts';
import { OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';

/**
 * Bytes of long bodies in the server at the same time. Their texts live in V8's heap, which ends the process when it is
 * full, until their replies end; most of them wait for a model.
 */
const MAX_HELD_BYTES = Math.min(1024 * MIB, getHeapStatistics().heap_size_limit / 4);

/** One API key holds less, so that the others can send long bodies too; yet always the longest body with its files. */
const MAX_KEY_BYTES = Math.max(MAX_HELD_BYTES / 4, 128 * MIB);

/** Counts the bytes of long bodies, which one by one are within their limit. */
export class HeldBytes {
  readonly #most: number;
  readonly #mostOfKey: number;
  #count = 0;
  /** The part of each API key, by ID. */
  readonly #ofKey = new Map<string, number>();

  constructor(most = MAX_HELD_BYTES, mostOfKey = MAX_KEY_BYTES) {
    this.#most = most;
    this.#mostOfKey = mostOfKey;
  }

  /**
   * @param outgoing absent for requests without a connection, as in tests
   * @param key of the request; absent = it has none, and only the sum of all is bounded
   * @returns counts more bytes of one body until its reply has ended. It throws OllamaError `busy` when too many are held,
   * `rate-limited` when the key holds too many of them
   */
  ofRequest(
    outgoing: Pick<ServerResponse, 'closed' | 'once'> | undefined,
    key?: Pick<CallerKey, 'id' | 'name'>,
  ): (bytes: number) => void {
    let own = 0;
    outgoing?.once('close', () => {
      this.#add(key, -own);
      own = 0;
    });
    return (bytes) => {
      if (key && (this.#ofKey.get(key.id) ?? 0) + bytes > this.#mostOfKey) throw tooManyOfKey(key.name);
      if (this.#count + bytes > this.#most) {
        throw new OllamaError('busy', 'the server holds too many large requests: try again later');
      }
      if (!outgoing || outgoing.closed) return;
      this.#add(key, bytes);
      own += bytes;
    };
  }

  #add(key: Pick<CallerKey, 'id'> | undefined, bytes: number): void {
    this.#count += bytes;
    if (!key) return;
    const ofKey = (this.#ofKey.get(key.id) ?? 0) + bytes;
    if (ofKey === 0) this.#ofKey.delete(key.id);
    else this.#ofKey.set(key.id, ofKey);
  }
}

/** One for all requests, as the memory is. */
export const heldBytes = new HeldBytes();

function tooManyOfKey(name: string): OllamaError {
  const message = `the API key "${name}" has too many large requests in the server already: try again later`;
  return new OllamaError('rate-limited', message, { headers: { 'Retry-After': '1' } });
}

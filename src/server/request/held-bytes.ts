import type { ServerResponse } from 'node:http';
import { getHeapStatistics } from 'node:v8';
import { OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';

/**
 * Bytes of long bodies in the server at the same time. Their texts live in V8's heap, which ends the process when it is
 * full, until their replies end; most of them wait for a model.
 */
const MAX_HELD_BYTES = Math.min(1024 * MIB, getHeapStatistics().heap_size_limit / 4);

/** Counts the bytes of long bodies, which one by one are within their limit. */
export class HeldBytes {
  readonly #most: number;
  #count = 0;

  constructor(most = MAX_HELD_BYTES) {
    this.#most = most;
  }

  /**
   * @param outgoing absent for requests without a connection, as in tests
   * @returns counts more bytes of one body until its reply has ended. It throws OllamaError `busy` when too many are held
   */
  ofRequest(outgoing: Pick<ServerResponse, 'closed' | 'once'> | undefined): (bytes: number) => void {
    let own = 0;
    outgoing?.once('close', () => {
      this.#count -= own;
      own = 0;
    });
    return (bytes) => {
      if (this.#count + bytes > this.#most) {
        throw new OllamaError('busy', 'the server holds too many large requests: try again later');
      }
      if (!outgoing || outgoing.closed) return;
      this.#count += bytes;
      own += bytes;
    };
  }
}

/** One for all requests, as the memory is. */
export const heldBytes = new HeldBytes();

import type { Message } from '../api/common.ts';
import { MIB } from '../base/units.ts';

/** A conversation with an agent takes about 100 KB. The oldest responses are removed first. */
const MAX_CHARACTERS = 64 * MIB;
const MAX_RESPONSES = 10_000;

export interface StoredResponse {
  /** The whole conversation, including the answer but not the instructions. */
  readonly messages: readonly Message[];
  /** The response as it was sent. */
  readonly response: object;
}

interface Entry extends StoredResponse {
  readonly size: number;
}

/** Responses that later requests may continue from. They are kept in memory and lost on restart. */
export class ResponseStore {
  readonly #entries = new Map<string, Entry>();
  #size = 0;

  get(id: string): StoredResponse | undefined {
    return this.#entries.get(id);
  }

  add(id: string, stored: StoredResponse): void {
    const size = JSON.stringify(stored).length;
    this.#entries.set(id, { ...stored, size });
    this.#size += size;
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= MAX_CHARACTERS && this.#entries.size <= MAX_RESPONSES) return;
      this.#entries.delete(oldest);
      this.#size -= entry.size;
    }
  }

  /** @returns whether the response existed */
  delete(id: string): boolean {
    this.#size -= this.#entries.get(id)?.size ?? 0;
    return this.#entries.delete(id);
  }
}

import type { Message } from '../api/common.ts';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';
import { MIB } from '../base/units.ts';

/** A conversation with an agent takes about 100 KB. The oldest responses are removed first. */
const MAX_CHARACTERS = 64 * MIB;
const MAX_RESPONSES = 10_000;

export interface StoredResponse {
  /** The whole conversation, including the answer but not the instructions. */
  readonly messages: readonly Message[];
  /** The ID of the first response of the conversation. */
  readonly conversationId: string;
  /** The response as it was sent. */
  readonly response: object;
  /** ID of the API key that asked for it, the only one that sees it; absent = requests without a key do. */
  readonly owner?: string | undefined;
}

interface Entry extends StoredResponse {
  readonly size: number;
  /** The items of its output by their IDs. */
  readonly items: ReadonlyMap<string, JsonObject>;
}

/** Responses that later requests may continue from. They are kept in memory and lost on restart. */
export class ResponseStore {
  readonly #entries = new Map<string, Entry>();
  readonly #items = new Map<string, { readonly item: JsonObject; readonly owner: string | undefined }>();
  #size = 0;

  /** @param owner ID of the asking key */
  get(id: string, owner?: string): StoredResponse | undefined {
    const entry = this.#entries.get(id);
    return entry?.owner === owner ? entry : undefined;
  }

  /** An item of the output of a stored response. */
  item(id: string, owner?: string): JsonObject | undefined {
    const found = this.#items.get(id);
    return found?.owner === owner ? found?.item : undefined;
  }

  add(id: string, stored: StoredResponse): void {
    const size = JSON.stringify(stored).length;
    const items = outputItems(stored.response);
    this.#entries.set(id, { ...stored, size, items });
    for (const [itemId, item] of items) this.#items.set(itemId, { item, owner: stored.owner });
    this.#size += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= MAX_CHARACTERS && this.#entries.size <= MAX_RESPONSES) return;
      this.#remove(oldest);
    }
  }

  /** @returns whether the response existed and was the owner's */
  delete(id: string, owner?: string): boolean {
    return this.get(id, owner) !== undefined && this.#remove(id);
  }

  #remove(id: string): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    for (const itemId of entry.items.keys()) this.#items.delete(itemId);
    this.#size -= entry.size;
    return this.#entries.delete(id);
  }
}

function outputItems(response: object): Map<string, JsonObject> {
  const { output } = response as JsonObject;
  const items = Array.isArray(output) ? output.filter(isJsonObject) : [];
  return new Map(items.flatMap((item) => (typeof item.id === 'string' ? [[item.id, item]] : [])));
}

import { FairShares } from '../access/fair-shares.ts';
import type { Message } from '../api/common.ts';
import { isJsonObject, type JsonObject } from '../base/json-object.ts';
import { MIB } from '../base/units.ts';

/** A conversation with an agent takes about 100 KB. The oldest responses of the key that has the most are removed first. */
const MAX_CHARACTERS = 64 * MIB;
/** Counts for each response beside its text, so that there are never more than ten thousand. */
const RESPONSE_CHARACTERS = Math.ceil(MAX_CHARACTERS / 10_000);

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
  /** The items of its output by their IDs. */
  readonly items: ReadonlyMap<string, JsonObject>;
}

/** Responses that later requests may continue from. They are kept in memory and lost on restart. */
export class ResponseStore {
  readonly #entries = new Map<string, Entry>();
  readonly #items = new Map<string, { readonly item: JsonObject; readonly owner: string | undefined }>();
  readonly #shares = new FairShares<string | undefined>();

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
    const items = outputItems(stored.response);
    this.#entries.set(id, { ...stored, items });
    this.#shares.add(stored.owner, id, JSON.stringify(stored).length + RESPONSE_CHARACTERS);
    for (const [itemId, item] of items) this.#items.set(itemId, { item, owner: stored.owner });
    while (this.#shares.size > MAX_CHARACTERS) {
      const oldest = this.#shares.next();
      if (oldest === undefined) return;
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
    this.#shares.remove(entry.owner, id);
    return this.#entries.delete(id);
  }
}

function outputItems(response: object): Map<string, JsonObject> {
  const { output } = response as JsonObject;
  const items = Array.isArray(output) ? output.filter(isJsonObject) : [];
  return new Map(items.flatMap((item) => (typeof item.id === 'string' ? [[item.id, item]] : [])));
}

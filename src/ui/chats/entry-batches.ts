import type { ChatEntry } from '../../api/chats.ts';

/** The server takes up to 1000 in one request. */
const MAX_ENTRIES = 500;
/** Characters of JSON in one request; one entry may be longer, and then it goes alone. */
const MAX_CHARACTERS = 4_000_000;

/** Entries in the portions in which they are sent. */
export function entryBatches(entries: readonly ChatEntry[]): ChatEntry[][] {
  const batches: ChatEntry[][] = [];
  let size = 0;
  for (const entry of entries) {
    const length = JSON.stringify(entry).length;
    const batch = batches.at(-1);
    if (batch && batch.length < MAX_ENTRIES && size + length <= MAX_CHARACTERS) {
      batch.push(entry);
      size += length;
    } else {
      batches.push([entry]);
      size = length;
    }
  }
  return batches;
}

/** A chat of any length in the browser, as if it had been written there. */
import type { Page } from 'playwright-core';

/** Runs in the page: writes a record and its entries into the database of the page, which must have opened it. */
const WRITE = `([record, entries]) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('ollama');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const transaction = opening.result.transaction(['chats', 'entries'], 'readwrite');
    transaction.objectStore('chats').put(record);
    for (const entry of entries) transaction.objectStore('entries').put(entry, [record.id, entry.id]);
    transaction.oncomplete = () => { opening.result.close(); resolve(); };
    transaction.onabort = () => reject(transaction.error);
  };
})`;

/** Number N of a long chat says this, so that a test finds it. */
export function textOfMessage(number: number): string {
  return `This is message number ${number}, which has a **bold** word and some \`code\` in it.`;
}

/**
 * Writes a chat into the database of an open page.
 * @param count number of messages, by turns of the user and the model
 * @returns its ID
 */
export async function writeLongChat(page: Page, count: number): Promise<string> {
  const id = 'long-chat';
  const at = (number: number) => new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
  const nameOf = (number: number) => `message-${String(number).padStart(6, '0')}`;
  const entries = Array.from({ length: count }, (_, number) => ({
    type: 'message',
    id: `entry-${nameOf(number)}`,
    at: at(number),
    message: {
      id: nameOf(number),
      parent: number === 0 ? null : nameOf(number - 1),
      role: number % 2 === 0 ? 'user' : 'assistant',
      created_at: at(number),
      content: textOfMessage(number),
      ...(number % 2 === 1 && { state: 'done', model: 'm:latest', done_reason: 'stop' }),
    },
  }));
  const record = { id, title: 'A long chat', created_at: at(0), updated_at: at(count) };
  await page.evaluate(`(${WRITE})(${JSON.stringify([record, entries])})`);
  return id;
}

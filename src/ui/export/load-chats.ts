/** Chats of this browser as files need them. */
import { ChatFold } from '../chats/chat-fold.ts';
import { type ChatRecord, readEntries } from '../chats/chat-store.ts';
import { type ExportedChat, exportedChat } from './chat-export.ts';

/** One chat, as it is kept. */
export async function loadChat(record: ChatRecord): Promise<ExportedChat> {
  const entries = await readEntries(record.id);
  const fold = new ChatFold();
  for (const entry of entries) fold.apply(entry);
  return exportedChat(record, fold, entries);
}

/** The texts of all chats, one after the other, so that the memory holds one chat and what was made of it. */
export async function textOfChats(
  records: readonly ChatRecord[],
  write: (chats: readonly ExportedChat[]) => string,
): Promise<string[]> {
  const texts: string[] = [];
  for (const record of records) texts.push(write([await loadChat(record)]));
  return texts;
}

/** The chats that this browser keeps, in IndexedDB. Where that is impossible, they live as long as the page. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { ChatEntry } from '../../api/chats.ts';
import { randomId } from '../app/random-id.ts';
import type { ChatMessage, Draft } from './chat-message.ts';
import { leaveUnsaved, takeUnsaved } from './last-words.ts';

/** What the list of chats shows, and what this browser knows about a chat beside its entries. */
export interface ChatRecord {
  readonly id: string;
  readonly title: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** The message that is shown below each message with several; [] = the newest ones. */
  readonly chosen?: readonly (readonly [string | null, string])[];
}

/** What this browser knows about the copy of a chat on the server. */
export interface ServerCopy {
  /** How many of its entries were read. */
  readonly next: number;
  /** ID of the API key that the copy belongs to; '' = none was needed. */
  readonly owner: string;
  /** Whether it was deleted there: then the chat is only in this browser. */
  readonly isGone: boolean;
}

/** A message that is being written; it becomes an entry when it ends. */
export interface Partial {
  readonly message: ChatMessage;
  /** The tab that writes it. */
  readonly tab: string;
  /** Milliseconds since 1970. */
  readonly saved_at: number;
}

interface Schema extends DBSchema {
  chats: { key: string; value: ChatRecord };
  entries: { key: [string, string]; value: ChatEntry };
  /** IDs of the entries that the server does not have yet. */
  outbox: { key: [string, string]; value: 1 };
  copies: { key: string; value: ServerCopy };
  partials: { key: [string, string]; value: Partial };
  drafts: { key: string; value: Draft };
}

const NAME = 'ollama';
const VERSION = 1;

/** Waiting for each entry makes long chats slow, and all at once would hold up the page. */
const WRITTEN_AT_ONCE = 100;

type Database = IDBPDatabase<Schema>;

let opened: Promise<Database | undefined> | undefined;

/** @returns undefined where the browser keeps nothing */
function database(): Promise<Database | undefined> {
  opened ??= openDB<Schema>(NAME, VERSION, {
    upgrade(db) {
      db.createObjectStore('chats', { keyPath: 'id' });
      for (const name of ['entries', 'outbox', 'copies', 'partials', 'drafts'] as const)
        db.createObjectStore(name);
    },
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  })
    .then(recover)
    .catch(() => undefined);
  return opened;
}

/** What is being written: entries of a chat with its record. */
interface Writing {
  readonly record: ChatRecord;
  readonly entries: readonly ChatEntry[];
}

const writings = new Set<Writing>();

/** Saves what pages left behind that were closed while they saved it. */
async function recover(db: Database): Promise<Database> {
  for (const left of takeUnsaved() as Writing[]) await putEntries(db, left, false);
  return db;
}

/** Whether this browser keeps chats at all. */
export async function keepsChats(): Promise<boolean> {
  return (await database()) !== undefined;
}

/** All that belongs to one chat. */
function ofChat(chat: string): IDBKeyRange {
  return IDBKeyRange.bound([chat], [chat, []]);
}

export async function readChats(): Promise<ChatRecord[]> {
  return (await (await database())?.getAll('chats')) ?? [];
}

export async function readRecord(chat: string): Promise<ChatRecord | undefined> {
  return await (await database())?.get('chats', chat);
}

export async function readEntries(chat: string): Promise<ChatEntry[]> {
  return (await (await database())?.getAll('entries', ofChat(chat))) ?? [];
}

export async function readPartials(chat: string): Promise<Partial[]> {
  return (await (await database())?.getAll('partials', ofChat(chat))) ?? [];
}

/**
 * Adds entries and writes the record of their chat. Messages that were being written are so no longer.
 * @param isSent whether the server has the entries
 */
export async function writeEntries(
  record: ChatRecord,
  entries: readonly ChatEntry[],
  isSent = false,
): Promise<void> {
  const writing: Writing = { record, entries };
  writings.add(writing);
  const db = await database();
  if (db) await putEntries(db, writing, isSent);
  writings.delete(writing);
}

async function putEntries(db: Database, { record, entries }: Writing, isSent: boolean): Promise<void> {
  const transaction = db.transaction(['chats', 'entries', 'outbox', 'partials'], 'readwrite');
  // A few requests are made at once: then the browser finishes them also when the page is closed meanwhile.
  const writes: Promise<unknown>[] = [transaction.objectStore('chats').put(record)];
  for (let from = 0; from < entries.length; from += WRITTEN_AT_ONCE) {
    if (from > 0) await Promise.all(writes.splice(0));
    for (const entry of entries.slice(from, from + WRITTEN_AT_ONCE)) {
      const key: [string, string] = [record.id, entry.id];
      writes.push(transaction.objectStore('entries').put(entry, key));
      if (!isSent) writes.push(transaction.objectStore('outbox').put(1, key));
      if (entry.type === 'message')
        writes.push(transaction.objectStore('partials').delete([record.id, String(entry.message.id)]));
    }
  }
  transaction.commit();
  await Promise.all([...writes, transaction.done]);
}

export async function writePartial(chat: string, partial: Partial): Promise<void> {
  await (await database())?.put('partials', partial, [chat, partial.message.id]);
}

/** Takes a message that nobody writes any more. @returns whether this tab is the one that took it */
export async function takePartial(chat: string, message: string): Promise<boolean> {
  const db = await database();
  if (!db) return false;
  const transaction = db.transaction('partials', 'readwrite');
  const found = await transaction.store.get([chat, message]);
  if (found) await transaction.store.delete([chat, message]);
  await transaction.done;
  return found !== undefined;
}

/** Deletes a chat with all that belongs to it, for good. */
export async function deleteRecords(chat: string): Promise<void> {
  for (const writing of writings) if (writing.record.id === chat) writings.delete(writing);
  const db = await database();
  if (!db) return;
  const stores = ['chats', 'entries', 'outbox', 'copies', 'partials', 'drafts'] as const;
  const transaction = db.transaction(stores, 'readwrite');
  // All at once, and committed: then the browser finishes also when the page is closed meanwhile.
  const deletions = [
    ...(['chats', 'drafts', 'copies'] as const).map((name) => transaction.objectStore(name).delete(chat)),
    ...(['entries', 'outbox', 'partials'] as const).map((name) =>
      transaction.objectStore(name).delete(ofChat(chat)),
    ),
  ];
  transaction.commit();
  await Promise.all([...deletions, transaction.done]);
}

addEventListener('pagehide', () => {
  for (const writing of writings) leaveUnsaved(randomId(), writing);
});

export async function readDraft(chat: string): Promise<Draft | undefined> {
  return await (await database())?.get('drafts', chat);
}

/** Drafts with pictures or sound that wait while another one is written: of each chat only the last state counts. */
const waitingDrafts = new Map<string, Draft>();
let isWritingDrafts = false;

async function putDraft(chat: string, draft: Draft): Promise<void> {
  const db = await database();
  if (!db) return;
  const transaction = db.transaction('drafts', 'readwrite');
  const isEmpty = draft.text === '' && draft.attachments.length === 0;
  const written = isEmpty ? transaction.store.delete(chat) : transaction.store.put(draft, chat);
  // Without this, the browser gives up the transaction when the page goes away before it hears of the result.
  transaction.commit();
  await Promise.all([written, transaction.done]);
}

export async function writeDraft(chat: string, draft: Draft): Promise<void> {
  waitingDrafts.delete(chat);
  // A short draft is written at once, so that not even the last letter is lost when the page goes away.
  if (!draft.attachments.some(({ data }) => data !== undefined)) return putDraft(chat, draft);
  waitingDrafts.set(chat, draft);
  if (isWritingDrafts) return;
  isWritingDrafts = true;
  try {
    // What is added meanwhile is visited too.
    for (const [id, latest] of waitingDrafts) {
      waitingDrafts.delete(id);
      await putDraft(id, latest);
    }
  } finally {
    isWritingDrafts = false;
  }
}

/** The IDs of the entries that the server does not have, by chat. */
export async function readOutbox(): Promise<Map<string, string[]>> {
  const byChat = new Map<string, string[]>();
  for (const [chat, entry] of (await (await database())?.getAllKeys('outbox')) ?? []) {
    const ids = byChat.get(chat) ?? [];
    ids.push(entry);
    byChat.set(chat, ids);
  }
  return byChat;
}

/** The entries with these IDs that there are. */
export async function readSome(chat: string, ids: readonly string[]): Promise<ChatEntry[]> {
  const db = await database();
  const found = await Promise.all(ids.map((id) => db?.get('entries', [chat, id])));
  return found.filter((entry) => entry !== undefined);
}

/** Notes that the server has entries. */
export async function markSent(chat: string, ids: readonly string[]): Promise<void> {
  const transaction = (await database())?.transaction('outbox', 'readwrite');
  if (!transaction) return;
  for (const id of ids) await transaction.store.delete([chat, id]);
  await transaction.done;
}

export async function readCopy(chat: string): Promise<ServerCopy | undefined> {
  return await (await database())?.get('copies', chat);
}

export async function writeCopy(chat: string, copy: ServerCopy): Promise<void> {
  await (await database())?.put('copies', copy, chat);
}

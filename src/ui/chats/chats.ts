/** The chats of this browser: their list, and those that were opened. */
import { signal } from '@preact/signals';
import type { ChatEntry } from '../../api/chats.ts';
import { randomId } from '../app/random-id.ts';
import { Chat, NEW_DRAFT } from './chat.ts';
import {
  type ChatRecord,
  deleteRecords,
  readChats,
  readDraft,
  readEntries,
  readPartials,
  readRecord,
  takePartial,
  writeEntries,
} from './chat-store.ts';
import { withLastWords } from './last-words.ts';
import { hearTabs, type TabMessage, tabId, tellTabs } from './tabs.ts';

/** A tab that writes a message saves it every second; after this time without it, nobody does. */
const ABANDONED_MS = 4000;

interface ChatList {
  readonly isReady: boolean;
  /** The one with the latest change first. */
  readonly records: readonly ChatRecord[];
}

export const chatList = signal<ChatList>({ isReady: false, records: [] });

/** The chats that were opened, by ID. */
const opened = new Map<string, Chat>();
/** The chat that is not in the list yet, because nothing was sent. */
let unsent: Chat | undefined;

/** What this tab writes is told apart from what was left behind. */
const written = new Set<string>();

export function beginWriting(message: string): void {
  written.add(message);
}

export function endWriting(message: string): void {
  written.delete(message);
}

const stops = new Set<(message: string) => void>();

/** @param stop is called with the ID of a message that another tab wants stopped */
export function onStopRequest(stop: (message: string) => void): void {
  stops.add(stop);
}

let started: Promise<void> | undefined;

/** Reads the list, and hears what other tabs do from then on. */
export function startChats(): Promise<void> {
  started ??= (async () => {
    hearTabs(hear);
    const records = await readChats();
    chatList.value = { isReady: true, records: sorted([...records, ...chatList.value.records]) };
  })();
  return started;
}

function sorted(records: readonly ChatRecord[]): readonly ChatRecord[] {
  const byId = new Map(records.map((record) => [record.id, record]));
  return [...byId.values()].sort((one, other) => (one.updated_at < other.updated_at ? 1 : -1));
}

function listRecord(record: ChatRecord): void {
  const others = chatList.value.records.filter(({ id }) => id !== record.id);
  chatList.value = { ...chatList.value, records: sorted([record, ...others]) };
}

function makeChat(id: string): Chat {
  const chat = new Chat(id);
  chat.onRecord = (record) => {
    if (unsent === chat) unsent = undefined;
    listRecord(record);
  };
  opened.set(id, chat);
  return chat;
}

/** The chat that begins with the next message. It is the same one until something was sent. */
export function newChat(): Chat {
  if (unsent) return unsent;
  unsent = makeChat(randomId());
  unsent.isReady.value = true;
  void fillDraft(unsent, NEW_DRAFT);
  return unsent;
}

/** As the server takes them; without this one, a chat of this name would share the draft of the next chat. */
const idPattern = /^(?!new$)[a-z0-9][a-z0-9_-]{0,63}$/;

/** The ID of an address, which anybody may have written. @returns null if no chat can have it */
export function chatIdOf(text: string | null): string | null {
  return text !== null && idPattern.test(text) ? text : null;
}

/** The chat with an ID. It is there at once and fills when it was read; without entries it stays empty. */
export function openChat(id: string): Chat {
  const known = opened.get(id);
  if (known) return known;
  const chat = makeChat(id);
  void fill(chat);
  return chat;
}

async function fill(chat: Chat): Promise<void> {
  const { id } = chat;
  const [record, entries] = await Promise.all([readRecord(id), readEntries(id), fillDraft(chat, id)]);
  chat.receive(entries, record);
  await adoptPartials(chat);
  chat.isReady.value = true;
}

async function fillDraft(chat: Chat, key: string): Promise<void> {
  const draft = await readDraft(key);
  if (draft && chat.draft.value.text === '') chat.draft.value = draft;
}

/** Messages that were being written: another tab may still write them. What nobody writes is kept as broken off. */
async function adoptPartials(chat: Chat): Promise<void> {
  for (const { message: saved, tab, saved_at } of await readPartials(chat.id)) {
    if (written.has(saved.id)) continue;
    const message = withLastWords(saved);
    chat.show(message);
    const age = Date.now() - saved_at;
    if (tab === tabId || age > ABANDONED_MS) await settle(chat, message.id);
    else setTimeout(() => void settleIfAbandoned(chat, message.id), ABANDONED_MS);
  }
}

async function settleIfAbandoned(chat: Chat, id: string): Promise<void> {
  const found = (await readPartials(chat.id)).find(({ message }) => message.id === id);
  if (!found) return;
  const wait = found.saved_at + ABANDONED_MS - Date.now();
  if (wait > 0) setTimeout(() => void settleIfAbandoned(chat, id), wait);
  else await settle(chat, id);
}

async function settle(chat: Chat, id: string): Promise<void> {
  const message = chat.message(id)?.value;
  if (!message || written.has(id) || !(await takePartial(chat.id, id))) return;
  chat.add({ type: 'message', message: { ...message, state: 'broken' } });
}

const deletions = new Set<(chat: string) => void>();

/** @param hear is called with the ID of each chat that is deleted, in this tab or in another one */
export function onDeletion(hear: (chat: string) => void): void {
  deletions.add(hear);
}

/** Takes entries of the server, which may belong to a chat that this browser did not know. */
export async function takeServerEntries(record: ChatRecord, entries: readonly ChatEntry[]): Promise<void> {
  await takeEntries(record, entries, true);
}

/** Takes a chat of a file. One that is here already keeps what it has and gets what it lacks. */
export async function takeChat(record: ChatRecord, entries: readonly ChatEntry[]): Promise<void> {
  const known = await readRecord(record.id);
  const { id, title, created_at, updated_at } = record;
  const later = known && known.updated_at > updated_at ? known.updated_at : updated_at;
  await takeEntries(
    known
      ? { ...known, title: known.title || title, updated_at: later }
      : { id, title, created_at, updated_at },
    entries,
    false,
  );
}

async function takeEntries(
  record: ChatRecord,
  entries: readonly ChatEntry[],
  isSent: boolean,
): Promise<void> {
  await writeEntries(record, entries, isSent);
  opened.get(record.id)?.receive(entries, record);
  listRecord(record);
  tellTabs({ type: 'entries', record, entries });
}

/** Deletes a chat for good, in all tabs. */
export async function deleteChat(id: string): Promise<void> {
  forget(id);
  tellTabs({ type: 'deleted', chat: id });
  await deleteRecords(id);
}

function forget(id: string): void {
  const chat = opened.get(id);
  if (chat) chat.isDeleted = true;
  opened.delete(id);
  for (const hear of deletions) hear(id);
  chatList.value = {
    ...chatList.value,
    records: chatList.value.records.filter((record) => record.id !== id),
  };
}

function hear(message: TabMessage): void {
  switch (message.type) {
    case 'entries':
      listRecord(message.record);
      opened.get(message.record.id)?.receive(message.entries, message.record);
      return;
    case 'partial': {
      const chat = opened.get(message.chat);
      if (chat && !written.has(message.message.id)) chat.show(message.message);
      return;
    }
    case 'stop':
      for (const stop of stops) stop(message.message);
      return;
    case 'deleted':
      forget(message.chat);
  }
}

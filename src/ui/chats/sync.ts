/**
 * The copies of chats on the server, where it keeps them (`OLLAMA_UI_CHATS=on`). What was said is in this browser first and
 * is sent when the server can be reached; entries of other devices are read and added. Both sides only add, so that devices
 * never overwrite each other.
 */
import { effect, signal } from '@preact/signals';
import type { ChatEntriesResponse, ChatSummary, ChatsResponse } from '../../api/chats.ts';
import { ApiError, request, send } from '../api/http.ts';
import { sessionState } from '../api/session.ts';
import { notify } from '../app/notices.tsx';
import { stored } from '../app/stored.ts';
import {
  markSent,
  readCopy,
  readOutbox,
  readRecord,
  readSome,
  type ServerCopy,
  writeCopy,
} from './chat-store.ts';
import { chatList, onDeletion, takeServerEntries } from './chats.ts';
import { isConnected, noteLostConnection } from './connection.ts';
import { entryBatches } from './entry-batches.ts';

/** How soon what other devices said is here, while the page is visible. */
const POLL_MS = 20_000;
/** What was said in one go is sent together. */
const GATHER_MS = 800;
/** Far more than another tab or device can still be sending. */
const MAX_DELETIONS = 1000;

/** Whether the server keeps chats; undefined until it has said so. */
const keepsCopies = signal<boolean | undefined>(undefined);

/** Chats that were deleted here. What another tab still sends of them is deleted again. */
const deleted = stored<string[]>('deleted', [], (value) => Array.isArray(value));

let isRunning = false;
let isWanted = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let isStarted = false;
/** What was said already: it would be said again at each try. */
let lastProblem = '';

/** Keeps the chats of this browser and those of the server the same from now on. */
export function startSync(): void {
  if (isStarted) return;
  isStarted = true;
  onDeletion((chat) => {
    if (keepsCopies.peek() === false) return;
    deleted.value = [...deleted.value.filter((one) => one !== chat), chat].slice(-MAX_DELETIONS);
    plan(0);
  });
  // Whatever changes a chat changes the list; so does an answer of the server after it was away.
  effect(() => {
    chatList.value;
    if (isConnected.value && keepsCopies.peek() !== false) plan(GATHER_MS);
  });
  document.addEventListener('visibilitychange', () => plan(0));
  setInterval(() => plan(0), POLL_MS);
  plan(0);
}

function plan(wait: number): void {
  if (document.hidden && wait === 0 && keepsCopies.peek() === false) return;
  clearTimeout(timer);
  timer = setTimeout(() => void syncOnce(), wait);
}

async function syncOnce(): Promise<void> {
  if (isRunning) {
    isWanted = true;
    return;
  }
  isRunning = true;
  try {
    await sync();
  } catch (error) {
    note(error);
  } finally {
    isRunning = false;
  }
  if (isWanted) plan(GATHER_MS);
  isWanted = false;
}

function note(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 0) noteLostConnection();
  else if (error.status === 404) keepsCopies.value = false;
  // A missing key is asked for by the page itself.
  else if (error.status !== 401 && error.message !== lastProblem) {
    lastProblem = error.message;
    notify(error.message, 'problem');
  }
}

/** The status of the list where the server keeps no chats. */
const KEEPS_NOTHING = 204;

async function sync(): Promise<void> {
  const reply = await send('/api/chats');
  keepsCopies.value = reply.status !== KEEPS_NOTHING;
  if (!keepsCopies.value) return;
  const { chats } = (await reply.json()) as ChatsResponse;
  const onServer = new Set(chats.map(({ id }) => id));
  await deleteCopies(onServer);
  for (const [chat, ids] of await readOutbox()) await sendOne(chat, ids, onServer.has(chat));
  for (const summary of chats) if (!deleted.value.includes(summary.id)) await readNew(summary);
}

/** What the server refuses because of what is in a chat: the other chats go on. */
const refusals: readonly number[] = [400, 409, 413, 422];

async function sendOne(chat: string, ids: readonly string[], isOnServer: boolean): Promise<void> {
  try {
    await sendEntries(chat, ids, isOnServer);
  } catch (error) {
    if (!(error instanceof ApiError) || !refusals.includes(error.status)) throw error;
    note(error);
  }
}

async function deleteCopies(onServer: ReadonlySet<string>): Promise<void> {
  for (const chat of deleted.value.filter((id) => onServer.has(id))) {
    try {
      await request(`/api/chats/${encodeURIComponent(chat)}`, { method: 'DELETE' });
    } catch (error) {
      // Another device was faster.
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
  }
}

function owner(): string {
  return sessionState.value.session?.key.id ?? '';
}

/** Sends entries. What belongs to another key, and what was deleted on the server, stays in this browser. */
async function sendEntries(chat: string, ids: readonly string[], isOnServer: boolean): Promise<void> {
  const copy = await readCopy(chat);
  if (copy && (copy.isGone || copy.owner !== owner())) return;
  const path = `/api/chats/${encodeURIComponent(chat)}${copy || isOnServer ? '' : '?create=true'}`;
  const begun: ServerCopy = copy ?? { next: 0, owner: owner(), isGone: false };
  for (const entries of entryBatches(await readSome(chat, ids))) {
    try {
      await request(path, { body: { entries } });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404 || !copy) throw error;
      await writeCopy(chat, { ...copy, isGone: true });
      return;
    }
    await writeCopy(chat, begun);
    await markSent(
      chat,
      entries.map(({ id }) => id),
    );
  }
}

/** Reads what this browser does not have. */
async function readNew(summary: ChatSummary): Promise<void> {
  const { id, entries: count } = summary;
  let copy = (await readCopy(id)) ?? { next: 0, owner: owner(), isGone: false };
  while (copy.next < count) {
    const path = `/api/chats/${encodeURIComponent(id)}?after=${copy.next}`;
    const { entries, next } = await request<ChatEntriesResponse>(path);
    // It may have been deleted while the server answered.
    if (entries.length === 0 || deleted.value.includes(id)) return;
    const known = await readRecord(id);
    const isLater = !known || known.updated_at < summary.updated_at;
    await takeServerEntries(
      {
        ...known,
        id,
        title: summary.title,
        created_at: known?.created_at ?? summary.created_at,
        updated_at: isLater ? summary.updated_at : known.updated_at,
      },
      entries,
    );
    copy = { ...copy, next, isGone: false };
    await writeCopy(id, copy);
  }
}

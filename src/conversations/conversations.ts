/**
 * The chats of web pages, each a file of lines that only grows: `OWNER/chat-ID.jsonl`. Changes of one owner's chats are made
 * one after the other, also by several servers with the same folder; entries that are there already are not added again, so
 * that devices can send what they have in any order and as often as they like.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChatSummary, isChatId } from '../api/chats.ts';
import { explainStorageError } from '../base/atomic-file.ts';
import type { Clock } from '../base/clock.ts';
import { OllamaError, systemCode } from '../base/errors.ts';
import type { TakeLock } from '../base/files/take-lock.ts';
import { LruCache } from '../base/lru-cache.ts';
import { makePrivateFolder } from '../base/private-folder.ts';
import { openRegularFile } from '../base/regular-file.ts';
import { ChatIndex } from './chat-index.ts';
import { checkAppend, type OwnerTotal } from './check-append.ts';
import type { EncodedEntry } from './entry-line.ts';
import { type ConversationLimits, conversationLimits } from './limits.ts';

export interface ConversationsParts {
  /** Where the folders of the owners are. */
  readonly folder: string;
  readonly clock: Clock;
  readonly lock: TakeLock;
  readonly limits?: ConversationLimits;
}

/** Entries of a chat in their order. */
export interface ChatPart {
  /** JSON of each. */
  readonly entries: readonly Buffer[];
  /** Number of the entry after them. */
  readonly next: number;
}

interface CountedTotal extends OwnerTotal {
  /** When it was counted, by the clock for durations. */
  readonly at: number;
}

interface OwnAppend {
  readonly owner: string;
  readonly path: string;
  readonly entries: readonly EncodedEntry[];
  readonly total: CountedTotal;
}

const FILE_MODE = 0o600;
/** Indexes in memory; each holds the IDs of up to 10,000 entries. */
const MAX_INDEXES = 32;
/** Summaries in memory: those of a few owners with very many chats. */
const MAX_SUMMARIES = 20_000;
/** How long a count of an owner's bytes holds, which other processes with this folder change too. */
const TOTAL_MS = 60_000;
/** An append takes a fraction of a second. Another process that holds the lock for 10 s is stuck. */
const LOCK_ATTEMPTS = 200;
const LOCK_PAUSE_MS = 50;

const namePattern = /^chat-([a-z0-9_-]+)\.jsonl$/;

export class Conversations {
  readonly #parts: ConversationsParts;
  readonly #limits: ConversationLimits;
  /** By path. */
  readonly #indexes = new LruCache<string, ChatIndex>(MAX_INDEXES);
  readonly #summaries = new LruCache<string, { readonly state: string; readonly summary: ChatSummary }>(
    MAX_SUMMARIES,
  );
  readonly #totals = new Map<string, CountedTotal>();
  /** The changes of each owner, one after the other. */
  readonly #changes = new Map<string, Promise<unknown>>();

  constructor(parts: ConversationsParts) {
    this.#parts = parts;
    this.#limits = parts.limits ?? conversationLimits;
  }

  /**
   * @param owner a name that can be that of a folder
   * @returns the chat with the latest entry first
   * @throws system errors of reading
   */
  async list(owner: string): Promise<ChatSummary[]> {
    const found: ChatSummary[] = [];
    for (const id of await this.#ids(owner)) {
      const summary = await this.#summary(owner, id);
      // A process that ended before it wrote leaves an empty file behind.
      if (summary && summary.entries > 0) found.push(summary);
    }
    return found.sort((one, other) => (one.updated_at < other.updated_at ? 1 : -1));
  }

  /**
   * @param first number of the first entry
   * @param hold called with the bytes of the reply before they are read; its error is thrown
   * @throws OllamaError `not-found`; system errors of reading
   */
  async read(
    owner: string,
    id: string,
    first: number,
    hold: (bytes: number) => void = () => undefined,
  ): Promise<ChatPart> {
    return this.#withFile(owner, id, constants.O_RDONLY, async (file) => {
      const index = await this.#indexOf(this.#path(owner, id), file);
      const places = index.placesFrom(first, this.#limits.readBytes);
      const [start, end] = [places[0]?.start ?? 0, places.at(-1)?.end ?? 0];
      hold(end - start);
      const bytes = await readRange(file, start, end);
      const entries = places.map((place) => bytes.subarray(place.start - start, place.end - start));
      return { entries, next: Math.min(first, index.entries) + places.length };
    });
  }

  /**
   * Adds entries at the end, except those that the chat has already.
   * @param mayCreate whether a chat that does not exist begins with them
   * @returns number of entries that the chat has now
   * @throws OllamaError `not-found`, `too-large`, `storage-full`, `storage-read-only`, `busy`
   */
  append(owner: string, id: string, entries: readonly EncodedEntry[], mayCreate: boolean): Promise<number> {
    return this.#inTurn(owner, () =>
      this.#locked(owner, async () => {
        const total = await this.#total(owner);
        const flags = constants.O_RDWR | (mayCreate ? constants.O_CREAT : 0);
        return this.#withFile(owner, id, flags, async (file) => {
          const path = this.#path(owner, id);
          try {
            return await this.#append(file, { owner, path, entries, total });
          } catch (error) {
            this.#indexes.delete(path);
            this.#totals.delete(owner);
            if ((await file.stat()).size === 0) await rm(path, { force: true });
            throw explainStorageError(error, path);
          }
        });
      }),
    );
  }

  async #append(file: FileHandle, { owner, path, entries, total }: OwnAppend): Promise<number> {
    const index = await this.#indexOf(path, file);
    const { end } = index;
    // The end of a process, or a full disk, has torn the last line.
    if ((await file.stat()).size > end) await file.truncate(end);
    const added = newEntries(index, entries);
    checkAppend({ index, added, total, limits: this.#limits });
    const bytes = await write(file, end, added);
    await index.follow(file);
    const chats = total.chats + (end === 0 ? 1 : 0);
    this.#totals.set(owner, { ...total, chats, bytes: total.bytes + bytes });
    return index.entries;
  }

  /** Removes a chat for good. It needs no room on the disk. @throws OllamaError `not-found`, `storage-read-only` */
  remove(owner: string, id: string): Promise<void> {
    return this.#inTurn(owner, async () => {
      const path = this.#path(owner, id);
      await rm(path).catch((error: unknown) => {
        throw systemCode(error) === 'ENOENT' ? missing(id) : explainStorageError(error, path);
      });
      this.#indexes.delete(path);
      this.#summaries.delete(path);
      this.#totals.delete(owner);
    });
  }

  #path(owner: string, id: string): string {
    return join(this.#parts.folder, owner, `chat-${id}.jsonl`);
  }

  async #ids(owner: string): Promise<string[]> {
    const names = await readdir(join(this.#parts.folder, owner)).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
    return names.flatMap((name) => namePattern.exec(name)?.[1] ?? []).filter(isChatId);
  }

  /** @returns undefined for a chat that is not there any more, or cannot be read */
  async #summary(owner: string, id: string): Promise<ChatSummary | undefined> {
    const path = this.#path(owner, id);
    const facts = await stat(path).catch(() => undefined);
    if (!facts?.isFile()) return undefined;
    const state = `${identityOf(facts)} ${facts.size}`;
    const known = this.#summaries.get(path);
    if (known?.state === state) return known.summary;
    const summary = await this.#withFile(owner, id, constants.O_RDONLY, async (file) =>
      (await this.#indexOf(path, file)).summary(id),
    ).catch(() => undefined);
    if (summary) this.#summaries.set(path, { state, summary });
    return summary;
  }

  async #withFile<T>(
    owner: string,
    id: string,
    flags: number,
    work: (file: FileHandle) => Promise<T>,
  ): Promise<T> {
    const path = this.#path(owner, id);
    const file = await openRegularFile(path, flags, FILE_MODE).catch((error: unknown) => {
      throw systemCode(error) === 'ENOENT' ? missing(id) : explainStorageError(error, path);
    });
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  }

  async #indexOf(path: string, file: FileHandle): Promise<ChatIndex> {
    const facts = await file.stat();
    const identity = identityOf(facts);
    const known = this.#indexes.get(path);
    const isSame = known?.identity === identity && known.end <= facts.size;
    const index = isSame ? known : new ChatIndex(identity);
    this.#indexes.set(path, index);
    await index.follow(file);
    return index;
  }

  async #total(owner: string): Promise<CountedTotal> {
    const now = this.#parts.clock.now();
    const known = this.#totals.get(owner);
    if (known && now - known.at < TOTAL_MS) return known;
    const ids = await this.#ids(owner);
    let bytes = 0;
    for (const id of ids) bytes += (await stat(this.#path(owner, id)).catch(() => undefined))?.size ?? 0;
    const total = { chats: ids.length, bytes, at: now };
    this.#totals.set(owner, total);
    return total;
  }

  async #inTurn<T>(owner: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(owner) ?? Promise.resolve();
    const work = before.then(change);
    const settled = work.catch(() => undefined);
    this.#changes.set(owner, settled);
    try {
      return await work;
    } finally {
      if (this.#changes.get(owner) === settled) this.#changes.delete(owner);
    }
  }

  async #locked<T>(owner: string, change: () => Promise<T>): Promise<T> {
    const { folder, clock, lock } = this.#parts;
    const path = join(folder, owner, 'writing.lock');
    makeFolder(join(folder, owner));
    for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
      const release = await lock(path);
      if (release) return change().finally(release);
      await new Promise<void>((resolve) => clock.after(LOCK_PAUSE_MS, resolve));
    }
    throw new OllamaError('busy', 'another server is changing the chats: try again later');
  }
}

/** Numbers of removed files are given to new ones, which are made later. */
function identityOf({ ino, birthtimeMs }: Stats): string {
  return `${ino} ${birthtimeMs}`;
}

function makeFolder(path: string): void {
  try {
    makePrivateFolder(path);
  } catch (error) {
    throw explainStorageError(error, path);
  }
}

function missing(id: string): OllamaError {
  const message = `there is no chat ${JSON.stringify(id)}: it was deleted, or begins with "?create=true"`;
  return new OllamaError('not-found', message);
}

/** Each new ID once. */
function newEntries(index: ChatIndex, entries: readonly EncodedEntry[]): EncodedEntry[] {
  const seen = new Set<string>();
  return entries.filter(({ id }) => {
    const isNew = !index.ids.has(id) && !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

/** @returns number of bytes that were written: all lines, or none */
async function write(file: FileHandle, start: number, entries: readonly EncodedEntry[]): Promise<number> {
  let at = start;
  try {
    for (const { line } of entries) {
      const end = at + line.length;
      while (at < end) at += (await file.write(line, line.length - (end - at), end - at, at)).bytesWritten;
    }
    await file.datasync();
    return at - start;
  } catch (error) {
    await file.truncate(start).catch(() => undefined);
    throw error;
  }
}

async function readRange(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(end - start);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, start + length);
    if (bytesRead === 0)
      throw new OllamaError('internal', 'the file of a chat was shortened by another program');
    length += bytesRead;
  }
  return bytes;
}

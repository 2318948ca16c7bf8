import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { explainStorageError } from '../base/atomic-file.ts';
import { createOnce } from '../base/files/create-once.ts';
import { removeUnlessInUse, renameOver } from '../base/files/replace-file.ts';
import { readRegularFile } from '../base/regular-file.ts';
import { KIB } from '../base/units.ts';
import { isRunning, ownIdentity } from './process-identity.ts';

/** Interval at which a holder touches its file. */
const TOUCH_MS = 5000;
/** A holder on another machine counts as dead after this time without a touch: twelve touches, for slow network drives. */
const SILENT_MS = 60_000;

/** A lock file has about two hundred bytes. */
const MAX_LOCK_BYTES = 64 * KIB;
/** Digits of a hash: enough to tell the contents of one lock file apart. */
const GUARD_DIGITS = 16;
/** A file that stays behind would be a lock for as long as this process lives. */
const READ_ATTEMPTS = 50;
const READ_PAUSE_MS = 100;

const holderSchema = z.object({
  place: z.string(),
  pid: z.int().positive(),
  startedAt: z.string(),
  token: z.string(),
});

type Holder = z.infer<typeof holderSchema>;

export type Release = () => Promise<void>;

/**
 * Creates the file, which names its holder, unless a living process holds it already. A dead process's file is replaced.
 * @returns undefined when the lock is held
 * @throws OllamaError `storage-full`, `storage-read-only`
 */
export async function tryLockFile(path: string): Promise<Release | undefined> {
  const token = randomBytes(16).toString('hex');
  const temporary = `${path}.${token}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const content = JSON.stringify({ ...(await ownIdentity()), token });
    await writeFile(temporary, content, { flag: 'wx' });
    // An empty lock file, on file systems without links, counts as held while it is new.
    if (!(await createOnce(temporary, path, content))) {
      if (await isHeld(path)) return undefined;
      await removeStale(path);
      if (!(await createOnce(temporary, path, content))) return undefined;
    }
  } catch (error) {
    throw explainStorageError(error, path);
  } finally {
    await removeUnlessInUse(temporary);
  }
  return keep(path, token);
}

/** Whether the lock file exists and its holder is alive. */
export async function isHeld(path: string): Promise<boolean> {
  const facts = await lstat(path).catch(() => undefined);
  // Only regular files are locks: no process of ours makes anything else.
  if (!facts?.isFile()) return false;
  const isFresh = Date.now() - facts.mtimeMs < SILENT_MS;
  const holder = await readHolder(path);
  if (!holder) return isFresh;
  const { place } = await ownIdentity();
  if (holder.place !== place) return isFresh;
  return (await isRunning(holder)) && (holder.startedAt !== '' || isFresh);
}

async function readHolder(path: string): Promise<Holder | undefined> {
  return holderOf(await contentOf(path));
}

function holderOf(content: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(content));
  } catch {
    return undefined;
  }
}

/** The text of a lock file; "" when there is none that can be read. */
async function contentOf(path: string): Promise<string> {
  try {
    return (await readRegularFile(path, MAX_LOCK_BYTES)).toString();
  } catch {
    return '';
  }
}

/**
 * Removes a lock file that nobody holds, and none by which another process has meanwhile replaced it: only who holds the
 * lock over this very content removes it, and a dead holder does not.
 */
export async function removeStale(path: string): Promise<void> {
  const content = await contentOf(path);
  const guard = `${path}.over-${createHash('sha256').update(content).digest('hex').slice(0, GUARD_DIGITS)}`;
  const release = await tryLockFile(guard);
  // Another process is about to remove it.
  if (!release) return;
  try {
    if ((await contentOf(path)) === content && !(await isHeld(path))) await clear(path);
  } finally {
    await release();
  }
}

async function clear(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (!facts) return;
  if (facts.isFile()) return rm(path, { force: true });
  // A folder cannot be removed like a file, and beside its place it is out of the way.
  const aside = `${path}.${randomBytes(16).toString('hex')}`;
  await renameOver(path, aside);
  await rm(aside, { force: true }).catch(() => undefined);
}

function keep(path: string, token: string): Release {
  const touch = () => {
    const now = new Date();
    void utimes(path, now, now).catch(() => undefined);
  };
  const timer = setInterval(touch, TOUCH_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    if (await isOwn(path, token)) await removeSoon(path);
  };
}

/** Removes a file although a virus scanner of Windows may have it open for a moment. */
async function removeSoon(path: string): Promise<void> {
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
    if (await removeUnlessInUse(path)) return;
    await pause(READ_PAUSE_MS);
  }
}

/** Whether the file still has this token. A process without free file descriptors may have to ask again. */
async function isOwn(path: string, token: string): Promise<boolean> {
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
    const content = await contentOf(path);
    if (content !== '') return holderOf(content)?.token === token;
    if (!(await lstat(path).catch(() => undefined))) return false;
    await pause(READ_PAUSE_MS);
  }
  return false;
}

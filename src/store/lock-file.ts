import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { explainStorageError } from '../base/atomic-file.ts';
import { systemCode } from '../base/errors.ts';
import { readRegularFile } from '../base/regular-file.ts';
import { KIB } from '../base/units.ts';
import { isRunning, ownIdentity } from './process-identity.ts';

/** Interval at which a holder touches its file. */
const TOUCH_MS = 5000;
/** A holder on another machine counts as dead after this time without a touch: twelve touches, for slow network drives. */
const SILENT_MS = 60_000;

/** A lock file has about two hundred bytes. */
const MAX_LOCK_BYTES = 64 * KIB;

const holderSchema = z.object({
  place: z.string(),
  pid: z.int().positive(),
  startedAt: z.string(),
  token: z.string(),
});

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
    await writeFile(temporary, JSON.stringify({ ...(await ownIdentity()), token }), { flag: 'wx' });
    // A link appears with its content, so no process ever reads half a lock file.
    if (!(await linked(temporary, path))) {
      if (await isHeld(path)) return undefined;
      await removeStale(path);
      if (!(await linked(temporary, path))) return undefined;
    }
  } catch (error) {
    throw explainStorageError(error, path);
  } finally {
    await rm(temporary, { force: true });
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

async function readHolder(path: string): Promise<z.infer<typeof holderSchema> | undefined> {
  try {
    return holderSchema.parse(JSON.parse((await readRegularFile(path, MAX_LOCK_BYTES)).toString()));
  } catch {
    return undefined;
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moves the file away first, so that only one of several processes removes it. A new holder's file is put back. */
export async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(16).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return; // Another process was faster.
  }
  if (await isHeld(aside)) await linked(aside, path);
  // A folder cannot be removed like a file, and is out of the way.
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
    if ((await readHolder(path))?.token === token) await rm(path, { force: true });
  };
}

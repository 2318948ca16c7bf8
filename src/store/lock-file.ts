import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { systemCode } from '../base/errors.ts';
import { isRunning, ownIdentity } from './process-identity.ts';

/** A holder touches its file this often. */
const TOUCH_MS = 5000;
/** Without a touch for so long, a holder on another machine is gone: twelve touches, for slow network drives. */
const SILENT_MS = 60_000;

const holderSchema = z.object({
  place: z.string(),
  pid: z.int().positive(),
  startedAt: z.string(),
  token: z.string(),
});

export type Release = () => Promise<void>;

/**
 * Makes the file, which says who holds it, unless a living process holds it already. What a dead one left is taken over.
 * @returns undefined when it is held
 */
export async function tryLockFile(path: string): Promise<Release | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const token = randomBytes(16).toString('hex');
  const temporary = `${path}.${token}`;
  await writeFile(temporary, JSON.stringify({ ...(await ownIdentity()), token }), { flag: 'wx' });
  try {
    // A link appears with its content: nobody ever reads half a lock.
    if (!(await linked(temporary, path))) {
      if (await isHeld(path)) return undefined;
      await removeStale(path);
      if (!(await linked(temporary, path))) return undefined;
    }
  } finally {
    await rm(temporary, { force: true });
  }
  return keep(path, token);
}

/** Whether a lock file is there, and its holder lives. */
export async function isHeld(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) return false;
  const isFresh = Date.now() - facts.mtimeMs < SILENT_MS;
  const holder = await readHolder(path);
  if (!holder) return isFresh;
  const { place } = await ownIdentity();
  if (holder.place !== place) return isFresh;
  return (await isRunning(holder)) && (holder.startedAt !== '' || isFresh);
}

async function readHolder(path: string): Promise<z.infer<typeof holderSchema> | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
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

/** Moved away before it is removed: of several that find it stale, one gets it. A new holder's file is put back. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(16).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another was quicker
  }
  if (await isHeld(aside)) await linked(aside, path);
  await rm(aside, { force: true });
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

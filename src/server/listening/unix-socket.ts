/** Opens a socket file: one that a dead server has left is replaced, and only its users can connect from the first moment on. */
import { chmodSync, chownSync } from 'node:fs';
import { access, link, lstat, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import type { UnixAddress } from '../../config/unix-address.ts';
import { groupId } from './group-id.ts';

/** Nobody but the server's own user, until mode and group are set. */
const OTHERS_MASK = 0o177;
/** A living server accepts at once; the system itself completes the connection when it is busy. */
const ANSWER_MS = 2000;
/** Keeps the group of a file as it is (chown(2)). */
const UNCHANGED = -1;

/**
 * Listens at a path. The file is removed when the server closes.
 * @throws OllamaError with a clear text when the path cannot be used
 */
export async function openUnixSocket(server: Server, address: UnixAddress): Promise<void> {
  const { path, group } = address;
  try {
    const groupNumber = group === undefined ? UNCHANGED : await groupId(group);
    // For a bind, Node reports a folder that does not exist as one that may not be written.
    await access(dirname(path));
    await removeStale(path);
    await bind(server, address, groupNumber);
  } catch (error) {
    if (server.listening) server.close();
    throw new OllamaError('internal', `listen unix ${path}: ${reasonOf(error, address)}`, { cause: error });
  }
}

/** Everything between the bind and the right mode happens in one turn of the event loop, in which nothing is accepted. */
async function bind(server: Server, { path, mode }: UnixAddress, groupNumber: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const mask = process.umask(OTHERS_MASK);
    try {
      server.listen({ path }, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
    if (!server.listening) return;
    try {
      if (groupNumber !== UNCHANGED) chownSync(path, UNCHANGED, groupNumber);
      chmodSync(path, mode);
    } catch (error) {
      reject(error);
    }
  });
}

/**
 * Removes the file of a server that has ended. It is moved aside first: another server that starts at the same moment may
 * have replaced it meanwhile, and then it is put back.
 * @throws OllamaError if a server answers there, or if something else than a socket is there
 */
async function removeStale(path: string): Promise<void> {
  const facts = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!facts) return;
  if (!facts.isSocket())
    throw new OllamaError('internal', 'something else than a socket is there: remove it');
  if (await isServed(path)) throw inUse();
  const aside = join(dirname(path), `.${process.pid}`);
  await rename(path, aside);
  try {
    if (!(await isServed(aside))) return;
    await link(aside, path);
    throw inUse();
  } finally {
    await rm(aside, { force: true });
  }
}

/** Whether a server listens behind a socket file. @throws system errors that do not tell */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const settle = (served: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(served);
    };
    const timer = setTimeout(() => settle(true), ANSWER_MS);
    socket.once('connect', () => settle(true));
    socket.once('error', (error) => {
      const code = systemCode(error) ?? '';
      // The queue of a busy server is full.
      if (code === 'EAGAIN') settle(true);
      else if (code === 'ECONNREFUSED' || code === 'ENOENT') settle(false);
      else {
        clearTimeout(timer);
        reject(error);
      }
    });
  });
}

function inUse(): OllamaError {
  return new OllamaError('internal', 'another server listens there: stop it or choose another path');
}

function reasonOf(error: unknown, { group }: UnixAddress): string {
  const { syscall } = error instanceof Error && 'syscall' in error ? error : { syscall: undefined };
  const code = systemCode(error) ?? '';
  if (syscall === 'chown')
    return `this user may not give a file to the group "${group}": choose a group that it belongs to`;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: inUse().message,
    EACCES: 'permission denied: choose a folder that this user can write',
    ENOENT: 'there is no such folder: create it',
    ENOTDIR: 'a part of the path is not a folder',
    EROFS: 'the file system is read-only',
  };
  return reasons[code] ?? messageOf(error);
}

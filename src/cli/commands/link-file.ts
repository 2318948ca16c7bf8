/** Turns a local file into a blob of a server on the same machine, without copying it. */
import { link, realpath, rm, symlink } from 'node:fs/promises';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import type { OllamaClient } from '../../client/client.ts';

/**
 * Creates a link at the path that the server names: a hard link on the same file system, otherwise a symbolic one.
 * @throws OllamaError if neither can be created, or if the server does not see the link
 */
export async function linkFile(path: string, digest: string, client: OllamaClient): Promise<void> {
  const source = await realpath(path);
  const { token, path: place } = await client.linkPlace(digest);
  await makeLink(source, place);
  try {
    await client.adoptLink(digest, token, source);
  } finally {
    await rm(place, { force: true });
  }
}

async function makeLink(source: string, place: string): Promise<void> {
  try {
    await link(source, place).catch(() => symlink(source, place));
  } catch (error) {
    const message = `cannot link ${source} (${linkProblem(error)}): create the model without --link`;
    throw new OllamaError('invalid-request', message, { cause: error });
  }
}

/** Why a symbolic link could not be created. Windows lets only administrators do so unless it is told otherwise. */
export function linkProblem(error: unknown, platform: NodeJS.Platform = process.platform): string {
  const code = systemCode(error);
  if (code === 'EPERM' && platform === 'win32')
    return 'the file and the models folder are on different drives, and links between drives need the developer mode of Windows';
  const isRefused = code === 'EACCES' || code === 'ENOENT';
  return isRefused ? "this user cannot write to the server's models folder" : messageOf(error);
}

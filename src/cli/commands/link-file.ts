/** A local file becomes a blob of a server on the same machine without a copy. */
import { link, realpath, rm, symlink } from 'node:fs/promises';
import { messageOf, OllamaError, systemCode } from '../../base/errors.ts';
import type { OllamaClient } from '../../client/client.ts';

/**
 * Makes the link in the place that the server names: hard where both are on one drive, symbolic elsewhere.
 * @throws OllamaError when neither can be made, or the server does not see the link
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
    const reason =
      systemCode(error) === 'EACCES' || systemCode(error) === 'ENOENT'
        ? 'the models folder of the server cannot be written from here'
        : messageOf(error);
    const message = `cannot link ${source} (${reason}): create the model without --link`;
    throw new OllamaError('invalid-request', message, { cause: error });
  }
}

import type { BigIntStats } from 'node:fs';
import { lstat, rm, stat } from 'node:fs/promises';
import { OllamaError, systemCode } from '../base/errors.ts';
import type { Digest } from '../names/digest.ts';
import type { BlobStore } from './blob-store.ts';
import { hashFile } from './hash-file.ts';
import { type LinkRecord, recordOf } from './link-records.ts';

export interface AdoptOptions {
  /** Name of the link, as `BlobStore.linkPlace` takes it. */
  readonly token: string;
  readonly digest: Digest;
  /** The user's path of the file. Only quoted in messages, never opened. */
  readonly source: string;
  readonly signal?: AbortSignal;
}

/**
 * Turns a link that the client has put into the blobs folder into a blob, after checking the digest of its bytes. The
 * link proves that the client may use the file: the server never opens a path that the client names.
 * @throws OllamaError `not-found` when there is no link, `invalid-request` when it does not lead to a file with that
 *   digest, `canceled`
 */
export async function adoptLink(blobs: BlobStore, options: AdoptOptions): Promise<void> {
  const place = blobs.linkPlace(options.token);
  try {
    const record = await checkedRecord(place, options);
    await blobs.replaceByLink(options.digest, place, record);
  } finally {
    await rm(place, { force: true });
  }
}

async function checkedRecord(place: string, { digest, source, signal }: AdoptOptions): Promise<LinkRecord> {
  const kind = await kindOf(place);
  const before = await fileFacts(place);
  const found = await hashFile(place, signal);
  const record = recordOf(kind, source, await fileFacts(place));
  const isSame = JSON.stringify(recordOf(kind, source, before)) === JSON.stringify(record);
  if (!isSame) throw refuse('the file changed while it was being read: try again');
  if (found !== digest) throw refuse(`digest mismatch, expected "${digest}", got "${found}"`);
  return record;
}

async function kindOf(place: string): Promise<LinkRecord['kind']> {
  try {
    return (await lstat(place)).isSymbolicLink() ? 'symbolic' : 'hard';
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new OllamaError('not-found', 'no link was found: client and server must share a file system', {
      cause: error,
    });
  }
}

async function fileFacts(place: string): Promise<BigIntStats> {
  const facts = await stat(place, { bigint: true }).catch(() => undefined);
  if (facts?.isFile()) return facts;
  throw refuse('the link does not lead to a file that the server can read');
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}

import type { BigIntStats } from 'node:fs';
import { lstat, rm, stat } from 'node:fs/promises';
import { OllamaError, systemCode } from '../base/errors.ts';
import type { Digest } from '../names/digest.ts';
import type { BlobStore } from './blob-store.ts';
import { hashFile } from './hash-file.ts';
import { type LinkRecord, recordOf } from './link-records.ts';

export interface AdoptOptions {
  /** Name of the place, as `BlobStore.linkPlace` takes it. */
  readonly token: string;
  readonly digest: Digest;
  /** What the user calls the file: for messages, never opened. */
  readonly source: string;
  readonly signal?: AbortSignal;
}

/**
 * Makes a link that the client has put into the blobs folder a blob, once its bytes have the digest. The link is the
 * proof that the client may use the file: no path that it names is ever looked up.
 * @throws OllamaError `not-found` when no link is there, `invalid-request` when it is no file of that digest, `canceled`
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
  if (!isSame) throw refuse('the file was changed while it was read: try again');
  if (found !== digest) throw refuse(`digest mismatch, expected "${digest}", got "${found}"`);
  return record;
}

async function kindOf(place: string): Promise<LinkRecord['kind']> {
  try {
    return (await lstat(place)).isSymbolicLink() ? 'symbolic' : 'hard';
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new OllamaError('not-found', 'no link was made: client and server must share their files', {
      cause: error,
    });
  }
}

async function fileFacts(place: string): Promise<BigIntStats> {
  const facts = await stat(place, { bigint: true }).catch(() => undefined);
  if (facts?.isFile()) return facts;
  throw refuse('the link leads to no file that the server can read');
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}

/** Hashes the local files of a model and uploads them to the server, several at a time. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import type { ProgressResponse } from '../../api/common.ts';
import { isCancellation, messageOf, OllamaError } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import type { OllamaClient } from '../../client/client.ts';
import type { LocalFile } from './create-request.ts';
import { linkFile } from './link-file.ts';

export interface UploadOptions {
  readonly client: OllamaClient;
  readonly report: (event: ProgressResponse) => void;
  /** Whether to link to the files instead of copying them. */
  readonly isLinked: boolean;
  /** Number of files at a time; one less than the number of cores, but at least two, unless given. */
  readonly streams?: number;
}

/** Large enough that reading takes little time compared with hashing. */
const READ_BYTES = MIB;
/** While the server stores one file, the next one is hashed, even on two cores. */
const MIN_STREAMS = 2;

/**
 * @returns the digest of each file
 * @throws OllamaError that names the file; the other uploads are stopped
 */
export async function uploadFiles(
  files: readonly LocalFile[],
  options: UploadOptions,
): Promise<Map<LocalFile, string>> {
  const digests = new Map<LocalFile, string>();
  const uploads = new Map<string, Promise<boolean>>();
  const waiting = [...files];
  const failure = new AbortController();
  const work = async () => {
    for (let file = waiting.shift(); file && !failure.signal.aborted; file = waiting.shift()) {
      const local = file;
      try {
        const digest = await digestOf(local, options, failure.signal);
        // Files with the same content are sent once.
        const upload = uploads.get(digest) ?? bring(local, digest, options, failure.signal);
        uploads.set(digest, upload);
        await upload;
        digests.set(local, digest);
      } catch (error) {
        // This file failed because another one did, so its error is not the cause.
        if (failure.signal.aborted) return;
        failure.abort();
        throw withName(error, local);
      }
    }
  };
  const streams = options.streams ?? Math.max(MIN_STREAMS, availableParallelism() - 1);
  await Promise.all(Array.from({ length: streams }, work));
  // The server removes files that became part of another model, such as a tokenizer that both share.
  for (const [file, digest] of digests) {
    if (await uploads.get(digest)) continue;
    uploads.set(digest, Promise.resolve(true));
    await bring(file, digest, options, failure.signal).catch((error: unknown) => {
      throw withName(error, file);
    });
  }
  return digests;
}

function withName(error: unknown, { path }: LocalFile): unknown {
  if (isCancellation(error)) return error;
  const status = error instanceof OllamaError ? error.status : undefined;
  const code = error instanceof OllamaError ? error.code : 'invalid-request';
  return new OllamaError(code, `${path}: ${messageOf(error)}`, {
    cause: error,
    ...(status !== undefined && { status }),
  });
}

async function digestOf(
  { path, name }: LocalFile,
  { report }: UploadOptions,
  signal: AbortSignal,
): Promise<string> {
  const total = (await stat(path)).size;
  const hash = createHash('sha256');
  let completed = 0;
  const file = await openRegularFile(path);
  for await (const chunk of file.createReadStream({ highWaterMark: READ_BYTES, signal })) {
    hash.update(chunk as Buffer);
    completed += (chunk as Buffer).length;
    report({ status: `hashing ${name}`, digest: `hashing ${path}`, total, completed });
  }
  return `sha256:${hash.digest('hex')}`;
}

/**
 * Uploads or links a file, unless the server already has it.
 * @returns whether the server did not have it
 */
async function bring(
  { path, name }: LocalFile,
  digest: string,
  { client, report, isLinked }: UploadOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const total = (await stat(path)).size;
  const status = `copying file ${digest.slice(0, 'sha256:'.length + 12)}`;
  if (await client.hasBlob(digest)) {
    report({ status, digest, total, completed: total });
    return false;
  }
  if (isLinked) {
    report({ status: `linking ${name}` });
    await linkFile(path, digest, client);
    return true;
  }
  await client.uploadBlob(
    digest,
    Readable.from(
      counted(path, (completed) => {
        report({ status, digest, total, completed });
      }),
    ),
    signal,
  );
  return true;
}

async function* counted(path: string, report: (bytes: number) => void): AsyncGenerator<Buffer> {
  const source = (await openRegularFile(path)).createReadStream({ highWaterMark: READ_BYTES });
  let bytes = 0;
  for await (const chunk of source) {
    bytes += (chunk as Buffer).length;
    yield chunk as Buffer;
    report(bytes);
  }
}

/** The blobs that a conversion reads. */
import { setImmediate as immediately } from 'node:timers/promises';
import { OllamaError } from '../../base/errors.ts';
import type { SourceFile } from '../../convert/source-file.ts';
import type { Digest } from '../../names/digest.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { requireBlob } from '../create-files.ts';
import type { UploadedFile } from '../create-plan.ts';

/** Blobs that are looked up before others get their turn. */
const LOOKED_UP_AT_ONCE = 100;

/** @throws OllamaError `invalid-request` naming a file that was not uploaded */
export async function sourceFiles(folder: readonly UploadedFile[], blobs: BlobStore): Promise<SourceFile[]> {
  const paths = new Map<Digest, string>();
  for await (const file of oncePerBlob(folder)) {
    await requireBlob(file, blobs);
    paths.set(file.digest, await blobs.locate(file.digest));
  }
  return folder.map(({ name, digest }) => ({ name, path: paths.get(digest) ?? '' }));
}

/**
 * A blob may be a link to a file of the user, who may have changed it since it was planned.
 * @throws OllamaError `invalid-request`
 */
export async function requireUnchanged(files: readonly UploadedFile[], blobs: BlobStore): Promise<void> {
  for await (const { name, digest } of oncePerBlob(files)) {
    if ((await blobs.size(digest)) !== undefined) continue;
    throw new OllamaError(
      'invalid-request',
      `${name} was changed or removed while it was converted: create the model again`,
    );
  }
}

async function* oncePerBlob(files: readonly UploadedFile[]): AsyncGenerator<UploadedFile> {
  const seen = new Set<Digest>();
  for (const file of files) {
    if (seen.has(file.digest)) continue;
    // Looking up a blob does not wait, and a request may name thousands.
    if (seen.size % LOOKED_UP_AT_ONCE === 0) await immediately();
    seen.add(file.digest);
    yield file;
  }
}

import type { BlobStore } from '../../store/blob-store.ts';
import type { Layer } from '../../store/manifest.ts';
import { bytesOnDisk } from './partial-file.ts';

/** Bytes of these layers still to be downloaded; bytes of unfinished downloads are deducted. */
export async function missingBytes(blobs: BlobStore, layers: readonly Layer[]): Promise<number> {
  let bytes = 0;
  for (const { digest, size } of layers) {
    if ((await blobs.size(digest)) === size) continue;
    bytes += Math.max(size - (await bytesOnDisk(blobs, digest)), 0);
  }
  return bytes;
}

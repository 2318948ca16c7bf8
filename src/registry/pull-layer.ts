import { createDeferred } from '../base/deferred.ts';
import { shortDigest } from '../names/digest.ts';
import type { Layer } from '../store/manifest.ts';
import { type DownloadContext, downloadLayer } from './download.ts';
import type { DownloadLocks, Transfer } from './download-locks.ts';

/** Fast enough for a smooth bar, as in Ollama. */
const PROGRESS_INTERVAL_MS = 60;

export interface PullProgress {
  readonly status: string;
  readonly digest?: string;
  /** Bytes. */
  readonly total?: number;
  /** Bytes; absent while there are none. */
  readonly completed?: number;
}

/**
 * Downloads one layer into its partial file and reports progress; a blob that is here already is reported done.
 * Leaving the iteration cancels the download.
 */
export async function* pullLayer(
  layer: Layer,
  context: DownloadContext & { readonly locks: DownloadLocks },
  controller: AbortController,
): AsyncGenerator<PullProgress, void> {
  let watched: Transfer = { completed: 0 };
  const isHere = async () => (await context.blobs.size(layer.digest)) === layer.size;
  const download = context.locks.run(
    layer.digest,
    controller.signal,
    async (transfer) => {
      if (await isHere()) transfer.completed = layer.size;
      else await downloadLayer(layer, transfer, context, controller.signal);
    },
    (transfer) => {
      watched = transfer;
    },
  );
  let running = true;
  const settled = download.then(
    () => undefined,
    () => undefined,
  );
  try {
    while (running) {
      running = await outlasts(settled, context);
      if (running) yield progressOf(layer, watched);
    }
  } finally {
    if (running) controller.abort();
    await settled;
  }
  await download;
  yield progressOf(layer, { completed: layer.size });
}

/** Whether the work still runs after one progress interval. */
async function outlasts(settled: Promise<void>, { clock }: DownloadContext): Promise<boolean> {
  const { promise, resolve } = createDeferred<true>();
  const cancelTimer = clock.after(PROGRESS_INTERVAL_MS, () => resolve(true));
  const running = await Promise.race([settled.then(() => false), promise]);
  cancelTimer();
  return running;
}

function progressOf({ digest, size }: Layer, { completed }: Transfer): PullProgress {
  const status = `pulling ${shortDigest(digest)}`;
  return { status, digest, total: size, ...(completed > 0 && { completed }) };
}

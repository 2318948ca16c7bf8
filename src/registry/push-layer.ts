import type { ProgressResponse } from '../api/common.ts';
import { createDeferred } from '../base/deferred.ts';
import { shortDigest } from '../names/digest.ts';
import type { Layer } from '../store/manifest.ts';
import { Retries } from './retries.ts';
import { hasBlob, type SentBytes, type UploadContext, uploadBlob } from './upload.ts';

/** Fast enough for a smooth bar, as in Ollama. */
const PROGRESS_INTERVAL_MS = 60;

/**
 * Sends one blob unless the registry has it, and reports progress. Leaving the iteration cancels it.
 * @param mountFrom a repository of the same registry that may have it, "library/smollm2"
 */
export async function* pushLayer(
  layer: Layer,
  mountFrom: string | undefined,
  context: UploadContext,
  controller: AbortController,
): AsyncGenerator<ProgressResponse, void> {
  const sent: SentBytes = { completed: 0 };
  const upload = bringLayer(layer, mountFrom, sent, context, controller.signal);
  let running = true;
  const settled = upload.then(
    () => undefined,
    () => undefined,
  );
  try {
    while (running) {
      running = await outlasts(settled, context);
      if (running) yield progressOf(layer, sent);
    }
  } finally {
    if (running) controller.abort();
    await settled;
  }
  await upload;
  yield progressOf(layer, { completed: layer.size });
}

async function bringLayer(
  layer: Layer,
  mountFrom: string | undefined,
  sent: SentBytes,
  context: UploadContext,
  signal: AbortSignal,
): Promise<void> {
  const retries = new Retries({ clock: context.clock, logger: context.logger, signal });
  if (await retries.run(() => hasBlob(layer, context, signal))) return;
  await uploadBlob(layer, mountFrom, sent, context, signal);
}

/** Whether the work still runs after one progress interval. */
async function outlasts(settled: Promise<void>, { clock }: UploadContext): Promise<boolean> {
  const { promise, resolve } = createDeferred<true>();
  const cancelTimer = clock.after(PROGRESS_INTERVAL_MS, () => resolve(true));
  const running = await Promise.race([settled.then(() => false), promise]);
  cancelTimer();
  return running;
}

function progressOf({ digest, size }: Layer, { completed }: SentBytes): ProgressResponse {
  const status = `pushing ${shortDigest(digest)}`;
  return { status, digest, total: size, ...(completed > 0 && { completed }) };
}

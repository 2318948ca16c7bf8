import type { ProgressResponse } from '../../api/common.ts';
import type { Layer } from '../../store/manifest.ts';
import { layerProgress, outlasts } from '../pull/layer-progress.ts';
import { Retries } from '../transport/retries.ts';
import { hasBlob, type SentBytes, type UploadContext, uploadBlob } from './upload.ts';

/**
 * Sends one blob unless the registry has it, and reports progress. Leaving the iteration cancels it.
 * @param mountFrom a repository of the same registry that may have the blob, "library/smollm2"
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
      if (running) yield layerProgress('pushing', layer, sent.completed);
    }
  } finally {
    if (running) controller.abort();
    await settled;
  }
  await upload;
  yield layerProgress('pushing', layer, layer.size);
}

async function bringLayer(
  layer: Layer,
  mountFrom: string | undefined,
  sent: SentBytes,
  context: UploadContext,
  signal: AbortSignal,
): Promise<void> {
  const retries = new Retries({ ...context, signal, work: 'upload' });
  if (await retries.run(() => hasBlob(layer, context, signal))) return;
  await uploadBlob(layer, mountFrom, sent, context, signal);
}

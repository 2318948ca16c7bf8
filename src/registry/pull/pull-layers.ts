import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { runTogether } from '../../base/together.ts';
import { shortDigest } from '../../names/digest.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { Layer } from '../../store/manifest.ts';
import { type DownloadContext, downloadLayer } from './download.ts';
import type { DownloadLocks, Transfer } from './download-locks.ts';
import { layerProgress, outlasts } from './layer-progress.ts';
import { bytesOnDisk } from './partial-file.ts';

export interface PullProgress {
  readonly status: string;
  readonly digest?: string;
  /** Bytes. */
  readonly total?: number;
  /** Bytes; absent while it is 0. */
  readonly completed?: number;
}

export interface PullContext extends DownloadContext {
  readonly locks: DownloadLocks;
}

interface Task {
  readonly layer: Layer;
  /** The transfer of whichever pull is working on the layer. */
  transfer: Transfer;
  readonly done: Deferred<boolean>;
}

/**
 * Downloads layers into the store concurrently and reports them one after the other. Blobs that are already stored are
 * reported as complete. Leaving the iteration cancels the downloads.
 */
export async function* pullLayers(
  layers: readonly Layer[],
  context: PullContext,
  controller: AbortController,
): AsyncGenerator<PullProgress, void> {
  const tasks = layers.map(
    (layer): Task => ({ layer, transfer: { completed: 0 }, done: createDeferred<boolean>() }),
  );
  const work = runTogether(tasks, context.streams, controller.signal, async (task, signal) => {
    await pullLayer(task, context, signal);
    task.done.resolve(true);
  });
  const settled = work.then(
    () => false,
    () => false,
  );
  let isRunning = true;
  void settled.then(() => {
    isRunning = false;
  });
  try {
    for (const task of tasks) {
      const ended = Promise.race([task.done.promise, settled]);
      yield* watchTask(task, ended, context);
      if (!(await ended)) break;
      yield layerProgress('pulling', task.layer, task.layer.size);
    }
    await work;
  } finally {
    if (isRunning) controller.abort();
    await settled;
  }
}

/** Reports the progress of a task until it has ended. */
async function* watchTask(
  task: Task,
  ended: Promise<boolean>,
  context: PullContext,
): AsyncGenerator<PullProgress, void> {
  let isToldOfOther = false;
  while (await outlasts(ended, context)) {
    const { isElsewhere = false, completed } = task.transfer;
    if (isElsewhere && !isToldOfOther)
      yield { status: `waiting for another program that is pulling ${shortDigest(task.layer.digest)}` };
    isToldOfOther ||= isElsewhere;
    yield layerProgress('pulling', task.layer, completed);
  }
}

async function pullLayer(task: Task, context: PullContext, signal: AbortSignal): Promise<void> {
  const { layer } = task;
  await context.locks.run(
    layer.digest,
    signal,
    async (transfer) => {
      const isHere = (await context.blobs.size(layer.digest)) === layer.size;
      if (isHere) transfer.completed = layer.size;
      else await downloadLayer(layer, transfer, context, signal);
    },
    (transfer) => {
      task.transfer = transfer;
    },
    (transfer) => measure(transfer, layer, context.blobs),
  );
}

/** Estimates the progress of another program from the blob's size on disk. */
export async function measure(
  transfer: Transfer,
  { digest, size }: Pick<Layer, 'digest' | 'size'>,
  blobs: BlobStore,
): Promise<void> {
  const there = Math.min(await bytesOnDisk(blobs, digest), size);
  transfer.completed = Math.max(transfer.completed, there);
}

import type { Clock } from '../base/clock.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import { shortDigest } from '../names/digest.ts';
import type { Layer } from '../store/manifest.ts';
import { type DownloadContext, downloadLayer } from './download.ts';
import type { DownloadLocks, Transfer } from './download-locks.ts';
import { runTogether } from './together.ts';

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

export interface PullContext extends DownloadContext {
  readonly locks: DownloadLocks;
}

interface Task {
  readonly layer: Layer;
  /** Whoever works on it. */
  transfer: Transfer;
  readonly done: Deferred<boolean>;
}

/**
 * Brings layers into the store side by side and reports them one after the other; a blob that is here already is
 * reported done. Leaving the iteration cancels the downloads.
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
      while (await outlasts(ended, context)) yield progressOf(task.layer, task.transfer);
      if (!(await ended)) break;
      yield progressOf(task.layer, { completed: task.layer.size });
    }
    await work;
  } finally {
    if (isRunning) controller.abort();
    await settled;
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
  );
}

/** Whether the work still runs after one progress interval. */
export async function outlasts(
  ended: Promise<boolean>,
  { clock }: { readonly clock: Clock },
): Promise<boolean> {
  const { promise, resolve } = createDeferred<true>();
  const cancelTimer = clock.after(PROGRESS_INTERVAL_MS, () => resolve(true));
  const isRunning = await Promise.race([ended.then(() => false), promise]);
  cancelTimer();
  return isRunning;
}

function progressOf({ digest, size }: Layer, { completed }: Transfer): PullProgress {
  const status = `pulling ${shortDigest(digest)}`;
  return { status, digest, total: size, ...(completed > 0 && { completed }) };
}

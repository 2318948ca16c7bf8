import type { Clock } from '../../base/clock.ts';
import { createDeferred } from '../../base/deferred.ts';
import { type Digest, shortDigest } from '../../names/digest.ts';
import type { Layer } from '../../store/manifest.ts';

/** Short enough for a smooth progress bar; the same as in Ollama. */
const PROGRESS_INTERVAL_MS = 60;

interface LayerProgress {
  readonly status: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly total: number;
  /** Bytes; absent while it is 0. */
  readonly completed?: number;
}

/**
 * Whether the work is still running after one progress interval.
 * @param ended must never reject
 */
export async function outlasts(
  ended: Promise<unknown>,
  { clock }: { readonly clock: Clock },
): Promise<boolean> {
  const { promise, resolve } = createDeferred<true>();
  const cancelTimer = clock.after(PROGRESS_INTERVAL_MS, () => resolve(true));
  const isRunning = await Promise.race([ended.then(() => false), promise]);
  cancelTimer();
  return isRunning;
}

export function layerProgress(
  verb: 'pulling' | 'pushing',
  { digest, size }: Pick<Layer, 'digest' | 'size'>,
  completed: number,
): LayerProgress {
  const status = `${verb} ${shortDigest(digest)}`;
  return { status, digest, total: size, ...(completed > 0 && { completed }) };
}

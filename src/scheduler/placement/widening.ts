import { type Instance, isIdle } from '../instance.ts';
import type { LoadTarget } from '../load-target.ts';

/**
 * Whether a model that is loaded for people may be loaded again with more slots for a large batch. It happens once: what was
 * loaded for a batch has as many as there was room for. A longer context, which a prompt needed, is kept.
 */
export function mayWiden(loaded: Instance, wanted: LoadTarget): boolean {
  const isMore = wanted.isForBatch === true && wanted.fixedSlots === undefined && !loaded.target.isForBatch;
  const isSame = wanted.load.contextLength === loaded.target.load.contextLength;
  return isMore && isSame && isIdle(loaded) && !loaded.pinned;
}

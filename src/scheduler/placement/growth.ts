import { type Instance, isIdle } from '../instance.ts';
import type { LoadTarget } from '../load-target.ts';
import { usesGpu } from '../memory/memory-pools.ts';
import { maxLoadedModels } from '../scheduler-settings.ts';
import type { PlacementInput } from './decisions.ts';
import { Ledger } from './ledger.ts';
import { findPlace } from './place.ts';

/**
 * Whether a model could be loaded in place of its present instance, beside all other models in use. Idle models may be
 * unloaded for it, pinned ones not.
 */
export function hasRoomToGrow(
  target: LoadTarget,
  { instances, settings, circumstances }: Omit<PlacementInput, 'line'>,
): boolean {
  const staying = instances.filter(
    (instance) => instance.target.key !== target.key && (instance.pinned || !isIdle(instance)),
  );
  const free = circumstances.freeMemory();
  const limits = { ...settings, maxLoaded: maxLoadedModels(settings, free.gpus.length) };
  const room = new Ledger(instances, limits, free).emptyBut(staying);
  const isAlone = !staying.some(({ pinned, place }: Instance) => !pinned && usesGpu(place.pools));
  return findPlace(target, room, { settings, isAlone }) !== undefined;
}

/** Prepares the models folder, and removes what killed processes left behind: at the start and every hour. */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { removeLeftovers } from '../base/leftovers.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/config.ts';
import type { Digest } from '../names/digest.ts';
import type { ConvertedCopies } from '../quantize/converted-copies.ts';
import type { Effects } from '../scheduler/effects.ts';
import { PRUNE_GRACE_MS, Store } from '../store/store.ts';

/** Temporary files beside the user's key, credentials and history. */
const temporaryUserFile = /^(\.tmp-|id_ed25519\.)[0-9a-f]{16}$/;

interface UpkeepParts {
  readonly config: Pick<Config, 'modelsFolder' | 'extraModelsFolders' | 'noPrune' | 'runFolder'>;
  /** The folder of the user's own files, such as "~/.ollama". */
  readonly userFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws OllamaError or system errors if the models folder cannot be used */
export async function prepareStore(parts: UpkeepParts): Promise<Store> {
  const { config, logger } = parts;
  const store = new Store(config.modelsFolder, { extraFolders: config.extraModelsFolders, logger });
  await store.prepare();
  await removeUnused(store, parts, false);
  return store;
}

/** Looks for leftovers again each hour, because those of a process killed before the start were too young. */
export function sweepHourly(store: Store, parts: UpkeepParts, signal: AbortSignal): void {
  const cancel = parts.clock.after(PRUNE_GRACE_MS, () => {
    signal.removeEventListener('abort', cancel);
    void removeUnused(store, parts, true).then(() => {
      if (!signal.aborted) sweepHourly(store, parts, signal);
    });
  });
  signal.addEventListener('abort', cancel, { once: true });
}

/** Never rejects: unused files do no harm. @param isSweep whether blobs stay, even if no manifest names them */
async function removeUnused(
  store: Store,
  { config, userFolder, clock, logger }: UpkeepParts,
  isSweep: boolean,
): Promise<void> {
  const now = clock.date();
  await removeLeftovers(userFolder, now - PRUNE_GRACE_MS, temporaryUserFile);
  await removeLeftovers(config.runFolder, now - PRUNE_GRACE_MS);
  if (config.noPrune) return;
  try {
    const { removed, broken } = await store.prune({ graceMs: PRUNE_GRACE_MS, now, isSweep });
    if (removed > 0) logger.info('removed unused files', { count: removed });
    if (broken.length > 0 && !isSweep) {
      logger.warn('some manifests cannot be read; unused blobs are kept', { broken });
    }
  } catch (error) {
    logger.warn('unused files cannot be removed; they are kept', { reason: messageOf(error) });
  }
}

/** Removes the converted copies of weights that the store no longer has. Never rejects. */
export async function sweepCopies(
  copies: Pick<ConvertedCopies, 'sweep'>,
  {
    store,
    config,
    clock,
    logger,
  }: { store: Store; config: Pick<Config, 'noPrune'>; clock: Clock; logger: Logger },
): Promise<void> {
  if (config.noPrune) return;
  try {
    const isStored = async (weights: Digest) => (await store.blobs.size(weights)) !== undefined;
    await copies.sweep(isStored, clock.date() - PRUNE_GRACE_MS);
  } catch (error) {
    logger.warn('unused converted weights cannot be removed', { reason: messageOf(error) });
  }
}

/** Removes the blobs that were to be removed while a process had them open. Never rejects: prune() finds them again. */
export async function removeUnloaded(
  store: Pick<Store, 'removeUnreferenced'>,
  logger: Logger,
): Promise<void> {
  try {
    await store.removeUnreferenced([]);
  } catch (error) {
    logger.warn('blobs that no model uses cannot be removed; they are kept', { reason: messageOf(error) });
  }
}

/** The same effects; whenever a runner has exited, the blobs are removed that only its use has kept. */
export function removingUnused(
  effects: Effects,
  store: Pick<Store, 'removeUnreferenced'>,
  logger: Logger,
): Effects {
  return {
    ...effects,
    load: async (...wanted) => {
      const runner = await effects.load(...wanted);
      void runner.exited.then(() => removeUnloaded(store, logger));
      return runner;
    },
  };
}

import { isCancellation, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { ModelLoading } from './model-loading.ts';

interface PreloadParts {
  readonly loading: Pick<ModelLoading, 'load'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Loads the models one after another, in this order. Logs those that cannot be loaded. Never rejects. */
export async function preloadModels(names: readonly string[], parts: PreloadParts): Promise<void> {
  const { loading, logger, signal } = parts;
  for (const model of names) {
    try {
      for await (const { status } of loading.load({ model }, { signal })) {
        if (status === 'success') logger.info('model preloaded', { model });
      }
    } catch (error) {
      if (signal.aborted || isCancellation(error)) return;
      logger.warn('model not preloaded; its first request loads it', { model, reason: messageOf(error) });
    }
  }
}

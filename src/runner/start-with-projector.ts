import { messageOf, OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { LoadOptions } from '../protocol/load.ts';
import type { Runner } from './runner.ts';

/**
 * Starts a runner. If that fails with an encoder of pictures or sound, tries again without, because the model still answers
 * about text: the encoder may be broken, made for another model, or too large. Logs why it is not used.
 * @throws what `start` throws without it
 */
export async function startWithProjector(
  load: LoadOptions,
  start: (load: LoadOptions) => Promise<Runner>,
  logger: Logger,
): Promise<Runner> {
  const { projectorPath, projectorGpu: _, ...alone } = load;
  if (projectorPath === undefined) return start(load);
  try {
    return await start(load);
  } catch (error) {
    if (!(error instanceof OllamaError) || error.code !== 'load-failed') throw error;
    const runner = await start(alone);
    logger.warn('the model is loaded without its encoder of pictures or sound', {
      path: projectorPath,
      reason: messageOf(error),
    });
    return runner;
  }
}

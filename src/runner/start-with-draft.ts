import { messageOf, OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { LoadOptions } from '../protocol/load.ts';
import { problemOf } from './load-files.ts';
import type { Runner } from './runner.ts';

/**
 * Starts a runner. If that fails with a draft model or predicting layers, tries again without, because the model works
 * without: they may have ended the child, or taken the memory that was missing. Logs why they are not used.
 * @throws what `start` throws without them
 */
export async function startWithDraft(
  load: LoadOptions,
  start: (load: LoadOptions) => Promise<Runner>,
  logger: Logger,
): Promise<Runner> {
  const { draft, predictingLayers, ...alone } = load;
  if (!draft && !predictingLayers) return start(load);
  const unused = (reason: string) =>
    draft
      ? logger.warn('the draft model is not used', { path: draft.modelPath, reason })
      : logger.warn('the predicting layers are not used', { path: load.modelPath, reason });
  const problem = draft && (await problemOf(draft.modelPath));
  if (problem !== undefined) {
    unused(`its file ${problem}`);
    return start(alone);
  }
  try {
    const runner = await start(load);
    if (runner.facts.draftProblem !== undefined) unused(runner.facts.draftProblem);
    return runner;
  } catch (error) {
    if (!(error instanceof OllamaError) || error.code !== 'load-failed') throw error;
    unused(messageOf(error));
    return start(alone);
  }
}

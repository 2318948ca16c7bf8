/** Checks the files of a model before the child opens them: the engine would wait for a named pipe. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isCancellation, messageOf, OllamaError, systemCode } from '../base/errors.ts';
import type { LoadOptions } from '../protocol/load.ts';

/**
 * Loads a model after checking its files.
 * @throws OllamaError `load-failed` naming a file that is missing, was removed meanwhile or is not a file; errors of `start`
 */
export async function withModelFiles<T>(
  load: Pick<LoadOptions, 'modelPath' | 'adapterPaths'>,
  start: () => Promise<T>,
): Promise<T> {
  const problem = await fileProblem(load);
  if (problem) throw problem;
  try {
    return await start();
  } catch (error) {
    if (isCancellation(error)) throw error;
    throw (await fileProblem(load)) ?? error;
  }
}

async function fileProblem({
  modelPath,
  adapterPaths = [],
}: Pick<LoadOptions, 'modelPath' | 'adapterPaths'>): Promise<OllamaError | undefined> {
  for (const path of [modelPath, ...adapterPaths]) {
    const reason = await problemOf(path);
    // Clients learn the name of the file, not where the server keeps it.
    if (reason !== undefined) {
      const message = `the model's file ${basename(path)} ${reason}: pull or create the model again`;
      return new OllamaError('load-failed', message);
    }
  }
  return undefined;
}

/** Says why this is not a file that can be opened; undefined if it is. */
export async function problemOf(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isFile() ? undefined : 'is not a regular file';
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${messageOf(error)})`;
  }
}

import { messageOf, OllamaError } from '../../base/errors.ts';
import type { LoadOptions, MediaFacts } from '../../protocol/load.ts';
import { rowBatchBytes, rowsPerCall } from '../../protocol/row-memory.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { gridRopeTypes } from '../native/structs.ts';
import type { LoadProjector, Projector } from './projector.ts';

/** The encoder of a loaded model. */
export interface LoadedMedia {
  readonly projector: Projector;
  readonly facts: MediaFacts;
  /** Maximum number of rows in one call. */
  readonly rowsPerCall: number;
  /** Why the encoder is not where it was to be. */
  readonly problem?: string;
}

/**
 * Loads the encoder of pictures or sound beside a model. One that has no room on its GPU is computed by the CPU.
 * @returns undefined when the options name none
 * @throws OllamaError `load-failed` for an encoder that is not known, or that was made for another model
 */
export async function loadMedia(
  bindings: Bindings,
  model: Pointer,
  options: LoadOptions & { readonly threads: number },
  load: LoadProjector,
): Promise<LoadedMedia | undefined> {
  const { projectorPath, projectorGpu, batchSize } = options;
  if (projectorPath === undefined) return undefined;
  const { projector, gpu, problem } = await loadOn(projectorGpu, projectorPath, options.threads, load);
  const rowWidth = bindings.modelInputWidth(model);
  if (projector.rowWidth !== rowWidth) {
    const { rowWidth: found } = projector;
    projector.free();
    const message = `the encoder makes rows of ${found} values, but the model takes ${rowWidth}: it was made for another model`;
    throw new OllamaError('load-failed', message);
  }
  const { kinds, mostTokens, isBidirectional, weightBytes, bufferBytes } = projector;
  const facts: MediaFacts = {
    kinds,
    rowWidth,
    mostTokens,
    isBidirectional,
    hasGridPositions: gridRopeTypes.includes(bindings.modelRopeType(model)),
    encoderBytes: weightBytes + bufferBytes,
    rowBytes: rowBatchBytes(projector, batchSize),
    ...(gpu !== undefined && { gpu }),
  };
  return {
    projector,
    facts,
    rowsPerCall: rowsPerCall(projector, batchSize),
    ...(problem !== undefined && { problem }),
  };
}

async function loadOn(gpu: string | undefined, path: string, threads: number, load: LoadProjector) {
  if (gpu === undefined) return { projector: await load(path, { threads }) };
  try {
    return { projector: await load(path, { threads, gpu }), gpu };
  } catch (error) {
    // What fails on the CPU too is no matter of the GPU.
    return {
      projector: await load(path, { threads }),
      problem: `the encoder of pictures or sound is computed by the CPU: ${messageOf(error)}`,
    };
  }
}

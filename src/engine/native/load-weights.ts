import koffi from 'koffi';
import { OllamaError } from '../../base/errors.ts';
import { nativePath } from '../../platform/windows/native-path.ts';
import type { LoadOptions } from '../../protocol/load.ts';
import { type Bindings, callAsync, type Pointer } from './bindings.ts';
import { hasMatrixUnits } from './matrix-units.ts';
import { offloadModel } from './offload.ts';
import { loadModes } from './structs.ts';

const progressType = koffi.proto('bool llama_progress_callback(float progress, void *user_data)');

/**
 * Reads the weights of a model on another thread.
 * @param onProgress called with a fraction from 0 to 1
 * @throws OllamaError `load-failed`; the engine's log lines give the reason
 */
export async function loadWeights(
  bindings: Bindings,
  options: LoadOptions,
  onProgress: (fraction: number) => void,
): Promise<Pointer> {
  const callback = koffi.register((fraction: number) => {
    onProgress(fraction);
    return true;
  }, koffi.pointer(progressType));
  try {
    const params = bindings.modelDefaultParams();
    offloadModel(bindings, params, options);
    if (options.avoidsMatrixUnits && hasMatrixUnits()) params.use_extra_bufts = false;
    params.load_mode = loadModeOf(options);
    params.load_mtp = options.predictingLayers === true && options.drafting !== 'off';
    params.progress_callback = callback;
    const model = await callAsync(bindings.loadModel, nativePath(options.modelPath), params);
    if (model === null) throw new OllamaError('load-failed', 'unable to load the model');
    return model;
  } finally {
    koffi.unregister(callback);
  }
}

function loadModeOf({ useMmap, useMlock = false }: LoadOptions): number {
  if (useMlock) return useMmap ? loadModes.mmapAndMlock : loadModes.mlock;
  return useMmap ? loadModes.mmap : loadModes.none;
}

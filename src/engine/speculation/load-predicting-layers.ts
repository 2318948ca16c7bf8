import { OllamaError } from '../../base/errors.ts';
import type { LoadOptions } from '../../protocol/load.ts';
import { type Bindings, type ContextParams, callAsync, type Pointer } from '../native/bindings.ts';
import type { PredictionBindings } from '../native/prediction-bindings.ts';
import { contextTypes } from '../native/structs.ts';
import { type LoadedHiddenStateDraft, worksFor } from './hidden-state-draft.ts';
import { LastHiddenStates } from './hidden-states.ts';

interface PredictingLayersLoad {
  readonly options: LoadOptions;
  readonly model: Pointer;
  /** The context of the model, and how it was created. */
  readonly target: Pointer;
  readonly params: ContextParams;
}

/**
 * Creates the context of the predicting layers and tests it.
 * @throws OllamaError `load-failed` naming why they cannot be used
 */
export async function loadPredictingLayers(
  bindings: Bindings,
  prediction: PredictionBindings | undefined,
  { options, model, target, params }: PredictingLayersLoad,
): Promise<LoadedHiddenStateDraft> {
  const refuse = (reason: string) => new OllamaError('load-failed', reason);
  if (!prediction) throw refuse('the inference library lacks the functions for predicting layers');
  if (prediction.predictionLayers(model) < 1) throw refuse('the library finds no predicting layers');
  const own: ContextParams = {
    ...params,
    ctx_type: contextTypes.prediction,
    ctx_other: target,
    n_outputs_max: options.slots,
    n_outputs_max_per_seq: 1,
  };
  const context = await callAsync(bindings.createContext, model, own);
  if (context === null) throw refuse('unable to create the context of the predicting layers');
  const width = prediction.hiddenLength(model);
  const loaded: LoadedHiddenStateDraft = {
    ...{ kind: 'predicting-layers', context, prediction, width },
    states: new LastHiddenStates(prediction, target, width),
    contextLength: options.contextLength,
    batchSize: params.n_batch,
    microBatch: params.n_ubatch,
    relativeCost: 1 / Math.max(1, bindings.modelLayers(model)),
    weightBytes: 0,
  };
  const bos = bindings.bos(bindings.vocabulary(model));
  if (worksFor(bindings, loaded, target, Math.max(0, bos))) return loaded;
  bindings.freeContext(context);
  throw refuse('a test of the predicting layers failed');
}

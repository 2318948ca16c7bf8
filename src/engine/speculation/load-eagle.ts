import { OllamaError } from '../../base/errors.ts';
import { eagleBatch } from '../../protocol/eagle-batch.ts';
import type { LoadOptions } from '../../protocol/load.ts';
import { type Bindings, type ContextParams, callAsync, type Pointer } from '../native/bindings.ts';
import { contextParams } from '../native/context-params.ts';
import type { EagleBindings } from '../native/eagle-bindings.ts';
import { metadataText } from '../native/metadata-text.ts';
import type { PredictionBindings } from '../native/prediction-bindings.ts';
import { type LoadedHiddenStateDraft, worksFor } from './hidden-state-draft.ts';
import { EagleStates } from './hidden-states.ts';

/** The functions that EAGLE-3 models need; each is absent where the library does not have it. */
export interface EagleFunctions {
  readonly prediction: PredictionBindings | undefined;
  readonly eagle: EagleBindings | undefined;
  /** Called before the graphs of the model are laid out again, which replaces its buffers for them. */
  readonly onLayout: () => void;
}

export interface EagleLoad {
  /** How to load the EAGLE-3 model; its context length is that of each slot. */
  readonly options: LoadOptions;
  readonly threads: number;
  /** The EAGLE-3 model. */
  readonly draft: Pointer;
  /** The model that it drafts for, its context, and how that was created. */
  readonly model: Pointer;
  readonly target: Pointer;
  readonly params: ContextParams;
}

/**
 * Architectures whose graphs mark the inputs of their layers in llama.cpp v0.5.0 (`t_layer_inp` in its src/models), and for
 * which a test has read them. Others end the process.
 */
const targets: readonly string[] = ['gpt-oss', 'lfm2', 'llama', 'nemotron_h', 'qwen3', 'qwen35', 'qwen3moe'];

/**
 * Creates the context of an EAGLE-3 model and tests it.
 * @throws OllamaError `load-failed` naming why it cannot draft for this model
 */
export async function loadEagle(
  bindings: Bindings,
  { prediction, eagle, onLayout }: EagleFunctions,
  { options, threads, draft, model, target, params }: EagleLoad,
): Promise<LoadedHiddenStateDraft> {
  const refuse = (reason: string) => new OllamaError('load-failed', reason);
  if (!prediction || !eagle) throw refuse('the inference library lacks the functions for EAGLE-3 models');
  const layers = eagle.targetLayers(draft);
  const inputLength = eagle.layerInputLength(model);
  const problem = mismatch(bindings, { draft, model, layers, inputLength });
  if (problem !== undefined) throw refuse(problem);
  const own = contextParams(bindings, options, threads);
  own.n_batch = eagleBatch(own.n_ctx);
  own.n_ubatch = own.n_batch;
  own.ctx_other = target;
  const context = await callAsync(bindings.createContext, draft, own);
  if (context === null) throw refuse('unable to create the context of the EAGLE-3 model');
  onLayout();
  for (const layer of layers) eagle.outputLayerInput(target, layer, true);
  const width = prediction.hiddenLength(draft);
  const weightBytes = Number(bindings.modelSize(draft));
  const batchSize = own.n_batch;
  const loaded: LoadedHiddenStateDraft = {
    ...{ kind: 'model', context, prediction, width, batchSize, weightBytes },
    states: new EagleStates({ eagle, prediction, target, layers, inputLength, context, width, batchSize }),
    contextLength: options.contextLength,
    microBatch: params.n_ubatch,
    relativeCost: weightBytes / Math.max(1, Number(bindings.modelSize(model))),
  };
  const bos = bindings.bos(bindings.vocabulary(model));
  if (worksFor(bindings, loaded, target, Math.max(0, bos))) return loaded;
  for (const layer of layers) eagle.outputLayerInput(target, layer, false);
  bindings.freeContext(context);
  throw refuse('a test of the EAGLE-3 model failed');
}

interface EagleMatch extends Pick<EagleLoad, 'draft' | 'model'> {
  readonly layers: readonly number[];
  readonly inputLength: number;
}

/** Says why the inputs of a model's layers are not what an EAGLE-3 model was made for; undefined if they may be. */
function mismatch(bindings: Bindings, { draft, model, layers, inputLength }: EagleMatch): string | undefined {
  const architecture = metadataText(bindings, model, 'general.architecture') ?? 'unknown';
  if (!targets.includes(architecture))
    return `the inputs of the layers of ${architecture} models cannot be read, which EAGLE-3 models draft from`;
  const count = bindings.modelLayers(model);
  const outside = layers.find((layer) => layer < 0 || layer >= count);
  if (outside !== undefined)
    return `it reads the input of layer ${outside}, but the model has ${count} layers, counted from 0`;
  const wanted = Number(metadataText(bindings, draft, 'eagle3.target_hidden_size') ?? 0);
  if (wanted !== inputLength) return `it was made for a model of width ${wanted}, not ${inputLength}`;
  return undefined;
}

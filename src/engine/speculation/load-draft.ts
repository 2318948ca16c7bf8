import { OllamaError } from '../../base/errors.ts';
import { unsupportedDraft, writesNoText } from '../../gguf/drafting.ts';
import type { LoadOptions } from '../../protocol/load.ts';
import { type Bindings, type ContextParams, callAsync, type Pointer } from '../native/bindings.ts';
import { contextParams } from '../native/context-params.ts';
import { loadWeights } from '../native/load-weights.ts';
import { metadataText } from '../native/metadata-text.ts';
import type { LoadedHiddenStateDraft } from './hidden-state-draft.ts';
import { type EagleFunctions, loadEagle } from './load-eagle.ts';
import { vocabularyMismatch } from './vocabulary-match.ts';

/** A draft model and its context, next to those of the target. */
export interface LoadedDraft {
  readonly context: Pointer;
  readonly vocabularySize: number;
  /** Tokens per slot. */
  readonly contextLength: number;
  readonly batchSize: number;
  /** Bytes of its weights. */
  readonly weightBytes: number;
  /** Whether its memory can remove any tokens from its end; recurrent states only go forward. */
  readonly canStepBack: boolean;
}

export interface DraftLoad {
  readonly options: LoadOptions;
  readonly model: Pointer;
  readonly threads: number;
  /** The context of the target, and how it was created. */
  readonly target: Pointer;
  readonly params: ContextParams;
}

/** What a draft model became: most have a context like any model, EAGLE-3 models draft from hidden states. */
interface DraftModel {
  readonly draft?: LoadedDraft;
  readonly hiddenStateDraft?: LoadedHiddenStateDraft;
}

const EAGLE_ARCHITECTURE = 'eagle3';
/** Prompts are computed in chunks that take no longer than a few tokens of the target, so larger batches never come. */
const BATCH_TOKENS = 512;

/**
 * Loads the draft model of a target.
 * @throws OllamaError `load-failed` naming why it cannot draft for this target; nothing remains of it then
 */
export async function loadDraft(
  bindings: Bindings,
  functions: EagleFunctions,
  path: string,
  load: DraftLoad,
): Promise<DraftModel> {
  const { options, threads } = load;
  const { adapterPaths: _adapters, draft, ...shared } = options;
  const own: LoadOptions = {
    ...shared,
    modelPath: path,
    gpuLayers: draft?.gpu === undefined ? 0 : -1,
    devices: draft?.gpu === undefined ? { gpus: [], split: [] } : { gpus: [draft.gpu], split: [1] },
  };
  const model = await loadWeights(bindings, own, () => undefined);
  try {
    const architecture = metadataText(bindings, model, 'general.architecture') ?? '';
    const pooling = metadataText(bindings, model, `${architecture}.pooling_type`);
    const obstacle =
      writesNoText({ architecture, ...(pooling !== undefined && { poolingType: Number(pooling) }) }) ??
      unsupportedDraft(architecture);
    if (obstacle !== undefined) throw refuse(obstacle);
    const mismatch = vocabularyMismatch(
      bindings,
      bindings.vocabulary(load.model),
      bindings.vocabulary(model),
    );
    if (mismatch !== undefined) throw refuse(mismatch);
    const trained = bindings.modelTrainContext(model);
    const contextLength = trained > 0 ? Math.min(options.contextLength, trained) : options.contextLength;
    if (architecture === EAGLE_ARCHITECTURE) {
      const eagle = { ...load, options: { ...own, contextLength }, draft: model };
      return { hiddenStateDraft: await loadEagle(bindings, functions, eagle) };
    }
    const context = await createContext(bindings, model, { ...own, contextLength }, threads);
    const draft: LoadedDraft = {
      context,
      vocabularySize: bindings.vocabularySize(bindings.vocabulary(model)),
      contextLength: Math.min(contextLength, bindings.contextLengthPerSequence(context)),
      batchSize: BATCH_TOKENS,
      weightBytes: Number(bindings.modelSize(model)),
      canStepBack: !bindings.modelIsRecurrent(model) && !bindings.modelIsHybrid(model),
    };
    return { draft };
  } catch (error) {
    bindings.freeModel(model);
    throw error;
  }
}

function refuse(reason: string): OllamaError {
  return new OllamaError('load-failed', reason);
}

async function createContext(
  bindings: Bindings,
  model: Pointer,
  options: LoadOptions,
  threads: number,
): Promise<Pointer> {
  const params = contextParams(bindings, options, threads);
  params.n_batch = BATCH_TOKENS;
  params.n_ubatch = BATCH_TOKENS;
  params.n_outputs_max = options.slots;
  params.n_outputs_max_per_seq = 1;
  const context = await callAsync(bindings.createContext, model, params);
  if (context === null) throw new OllamaError('load-failed', 'unable to create its context');
  return context;
}

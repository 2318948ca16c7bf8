import { messageOf, OllamaError } from '../../base/errors.ts';
import { type MemoryTraits, mostUndone } from '../cache/reuse.ts';
import type { Bindings } from '../native/bindings.ts';
import type { LoadedHiddenStateDraft } from './hidden-state-draft.ts';
import { type DraftLoad, type LoadedDraft, loadDraft } from './load-draft.ts';
import type { EagleFunctions } from './load-eagle.ts';
import { loadPredictingLayers } from './load-predicting-layers.ts';

/** What drafts for a model. */
export interface LoadedSpeculation {
  readonly draft?: LoadedDraft;
  /** Drafts from hidden states of the model: its predicting layers, or an EAGLE-3 model. */
  readonly hiddenStateDraft?: LoadedHiddenStateDraft;
  /** Why what was to be loaded is not used. */
  readonly problem?: string;
}

interface SpeculationLoad extends DraftLoad {
  readonly traits: MemoryTraits;
}

/** Loads the draft model, or else the model's own predicting layers. A model works without, so a failure is only reported. */
export async function loadSpeculation(
  bindings: Bindings,
  functions: EagleFunctions,
  load: SpeculationLoad,
): Promise<LoadedSpeculation> {
  const { draft, predictingLayers, drafting } = load.options;
  if (drafting === 'off' || (!draft && !predictingLayers)) return {};
  try {
    if (mostUndone(load.traits) === 0)
      throw new OllamaError('load-failed', 'the memory of the model cannot step back from a wrong token');
    if (draft) return await loadDraft(bindings, functions, draft.modelPath, load);
    return { hiddenStateDraft: await loadPredictingLayers(bindings, functions.prediction, load) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

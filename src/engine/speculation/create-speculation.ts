import type { LoadOptions } from '../../protocol/load.ts';
import type { Decoder } from '../batching/decoder.ts';
import type { LoadedModel } from '../loaded-model.ts';
import type { Bindings, NativeBatch, Pointer } from '../native/bindings.ts';
import { Logits } from '../sampling/logits.ts';
import { noCheckpoints, StateCheckpoints } from './draft-checkpoints.ts';
import { DraftContext } from './draft-context.ts';
import type { DraftSource } from './draft-source.ts';
import { HiddenStateContext } from './hidden-state-context.ts';
import type { LoadedHiddenStateDraft } from './hidden-state-draft.ts';
import type { LoadedDraft } from './load-draft.ts';
import { Speculation } from './speculation.ts';
import { fixedPlan, measuredPlan } from './speculation-plan.ts';

interface SpeculationParts {
  readonly bindings: Bindings;
  readonly options: LoadOptions;
  readonly model: LoadedModel;
  /** The target's. Both contexts share the cores, so they use equally many threads. */
  readonly decoder: Pick<Decoder, 'threads'>;
  /** Called after each decode. */
  readonly onStep: () => void;
}

/** @returns undefined when nothing drafts beside prompt lookup */
export function createSpeculation(parts: SpeculationParts): Speculation | undefined {
  const { draft, hiddenStateDraft } = parts.model.speculation;
  const source = draft
    ? draftSource(parts, draft)
    : hiddenStateDraft && hiddenStateSource(parts, hiddenStateDraft);
  return source && new Speculation(source, parts.options.drafting === 'on' ? fixedPlan : measuredPlan);
}

function draftSource(parts: SpeculationParts, draft: LoadedDraft): DraftSource {
  const { bindings, options, model } = parts;
  const { context, vocabularySize, contextLength, batchSize, weightBytes, canStepBack } = draft;
  return new DraftContext({
    ...{ bindings, contextLength, batchSize, onFailure },
    memory: bindings.memory(context),
    decode: decodeIn(context, parts),
    logits: new Logits(bindings, context, vocabularySize),
    checkpoints: canStepBack ? noCheckpoints : new StateCheckpoints(bindings, context),
    slots: options.slots,
    vocabularySize: model.tokenizer.size,
    relativeCost: weightBytes / Math.max(1, model.facts.memoryBytes - weightBytes),
  });
}

function hiddenStateSource(parts: SpeculationParts, draft: LoadedHiddenStateDraft): DraftSource {
  const { bindings, options, model } = parts;
  return new HiddenStateContext({
    ...{ ...draft, bindings, onFailure },
    memory: bindings.memory(draft.context),
    decode: decodeIn(draft.context, parts),
    logits: new Logits(bindings, draft.context, model.tokenizer.size),
    slots: options.slots,
  });
}

/** Decodes on the JavaScript thread, with as many threads as the target uses. */
function decodeIn(context: Pointer, { bindings, model, decoder, onStep }: SpeculationParts) {
  let threads = model.threads;
  return async (batch: NativeBatch): Promise<number> => {
    if (decoder.threads !== threads) {
      threads = decoder.threads;
      bindings.setThreads(context, threads, threads);
    }
    const code = bindings.decode(context, batch);
    onStep();
    return code;
  };
}

function onFailure(reason: string): void {
  process.stderr.write(`nothing is drafted any more: ${reason}\n`);
}

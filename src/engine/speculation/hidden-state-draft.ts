import { Batch } from '../batching/batch.ts';
import type { Bindings, Pointer } from '../native/bindings.ts';
import { viewFloats } from '../native/native-memory.ts';
import type { PredictionBindings } from '../native/prediction-bindings.ts';
import type { HiddenStates } from './hidden-states.ts';

/** Layers that draft from hidden states of the model, in a context of their own. */
export interface LoadedHiddenStateDraft {
  /** Layers of the model itself, or an EAGLE-3 model. */
  readonly kind: 'predicting-layers' | 'model';
  readonly context: Pointer;
  readonly states: HiddenStates;
  readonly prediction: PredictionBindings;
  /** Elements of one row of `states`, and of the layers' own hidden state. */
  readonly width: number;
  /** Tokens per slot. */
  readonly contextLength: number;
  readonly batchSize: number;
  /** Maximum number of tokens that the model itself computes at once. */
  readonly microBatch: number;
  /** Cost of one of their decodes, as a fraction of one of the model. */
  readonly relativeCost: number;
  /** Bytes of their weights, beside those of the model. */
  readonly weightBytes: number;
}

/**
 * Computes one token in both contexts and looks at the results, because the functions behind them are not part of the C
 * API. Nothing of it remains.
 * @param target the context of the model
 */
export function worksFor(
  bindings: Bindings,
  { context, states, prediction, width }: LoadedHiddenStateDraft,
  target: Pointer,
  token: number,
): boolean {
  const plain = new Batch(1);
  plain.add(token, 0, 0, true);
  const withRow = new Batch(1, width);
  withRow.add(token, 1, 0, true);
  try {
    states.watch(true);
    prediction.outputHidden(context, true, true);
    if (bindings.decode(target, plain.native) !== 0) return false;
    const row = states.rows(0, 1);
    if (!row || !isSound(row)) return false;
    withRow.setRow(0, row);
    if (bindings.decode(context, withRow.native) !== 0) return false;
    const own = prediction.hiddenRow(context, 0);
    return own !== null && isSound(viewFloats(own, width));
  } finally {
    states.watch(false);
    for (const tested of [target, context]) {
      const memory = bindings.memory(tested);
      if (memory !== null) bindings.memoryRemove(memory, 0, -1, -1);
    }
  }
}

/** Hidden states are finite and not all zero. */
function isSound(row: Float32Array): boolean {
  return row.every(Number.isFinite) && row.some((value) => value !== 0);
}

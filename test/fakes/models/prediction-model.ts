import type { GgufValue } from '../../../src/gguf/types.ts';
import { type TensorContent, writeGguf } from '../../../src/gguf/writer.ts';
import {
  CIRCLE,
  circleEnds,
  circleMetadata,
  circleTensors,
  EMBEDDING,
  FEED_FORWARD,
  HEAD_LENGTH,
  NOISE,
  NORMED,
  u32,
  WRONG_EVERY,
} from './circle-model.ts';

export interface PredictionModelOptions {
  /** Without it, the file declares the predicting layer but does not have its tensors. */
  readonly hasPredictingLayer?: boolean;
  readonly metadata?: Readonly<Record<string, GgufValue>>;
}

const LAYERS = 2;

/**
 * Writes a model of the hy_v3 architecture with a layer that predicts the token after the next one (MTP). The model counts
 * in a circle of tokens. The layer derives its prediction from the hidden state of the position before alone: it is right
 * only if it gets the state of the right position.
 */
export async function writePredictionModel(
  path: string,
  { hasPredictingLayer = true, metadata = {} }: PredictionModelOptions = {},
): Promise<void> {
  const own = { nextn_predict_layers: u32(1), expert_feed_forward_length: u32(FEED_FORWARD) };
  await writeGguf(path, {
    metadata: { ...circleMetadata('hy_v3', LAYERS + 1, own), ...metadata },
    tensors: tensors(hasPredictingLayer),
  });
}

function tensors(hasPredictingLayer: boolean): TensorContent[] {
  const { weights, ones, matrix } = circleTensors();
  const block = (index: number): TensorContent[] => [
    ones(`blk.${index}.attn_norm.weight`),
    weights(`blk.${index}.attn_q.weight`, 0.5, EMBEDDING, EMBEDDING),
    weights(`blk.${index}.attn_k.weight`, 0.5, EMBEDDING, EMBEDDING),
    weights(`blk.${index}.attn_v.weight`, 0.5, EMBEDDING, EMBEDDING),
    weights(`blk.${index}.attn_output.weight`, NOISE, EMBEDDING, EMBEDDING),
    ones(`blk.${index}.attn_q_norm.weight`, HEAD_LENGTH),
    ones(`blk.${index}.attn_k_norm.weight`, HEAD_LENGTH),
    ones(`blk.${index}.ffn_norm.weight`),
    weights(`blk.${index}.ffn_gate.weight`, 0.5, EMBEDDING, FEED_FORWARD),
    weights(`blk.${index}.ffn_up.weight`, 0.5, EMBEDDING, FEED_FORWARD),
    weights(`blk.${index}.ffn_down.weight`, NOISE, FEED_FORWARD, EMBEDDING),
  ];
  /** Turns the hidden state of one token of the circle into the embedding of the next; the token itself has no effect. */
  const next = (row: number, column: number): number => {
    const from = column - EMBEDDING;
    if (from < 0 || from >= CIRCLE) return 0;
    const step = from % WRONG_EVERY === 0 ? 2 : 1;
    return row === (from + step) % CIRCLE ? 1 / NORMED : 0;
  };
  const predictingLayer = [
    ...block(LAYERS),
    matrix(`blk.${LAYERS}.nextn.eh_proj.weight`, [2 * EMBEDDING, EMBEDDING], next),
    ones(`blk.${LAYERS}.nextn.enorm.weight`),
    ones(`blk.${LAYERS}.nextn.hnorm.weight`),
    ones(`blk.${LAYERS}.nextn.shared_head_norm.weight`),
  ];
  return [
    ...circleEnds({ matrix }),
    ...Array.from({ length: LAYERS }, (_, index) => block(index)).flat(),
    ones('output_norm.weight'),
    ...(hasPredictingLayer ? predictingLayer : []),
  ];
}

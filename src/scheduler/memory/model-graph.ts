import type { BlockKind } from '../../gguf/block-kind.ts';
import type { MemoryLayout } from '../../gguf/memory-layout.ts';
import { attend } from './attention-graph.ts';
import { ComputeGraph, type GraphTensor } from './compute-graph.ts';
import type { ContextShape } from './context-shape.ts';
import { feedForward, mixExperts } from './feed-forward-graph.ts';
import { GraphInputs } from './graph-inputs.ts';
import type { GraphParts } from './graph-parts.ts';
import { recur } from './recurrent-graph.ts';

const FLOAT_BYTES = 4;
/** Number of blocks of each kind to lay out. Further ones would reuse the same gaps, so thousands take no extra time. */
const REPEATED_BLOCKS = 3;

export interface ModelSizes {
  readonly layout: MemoryLayout;
  readonly embeddingLength: number;
  readonly vocabularySize: number;
  /** Bytes of a tensor of experts that is copied to the GPU before each use; absent = none is. */
  readonly expertCopyBytes?: number;
}

/** Bytes of llama.cpp's compute buffer for the largest batch. */
export function computeBufferBytes(model: ModelSizes, shape: ContextShape): number {
  const { layout, embeddingLength, expertCopyBytes = 0 } = model;
  const graph = new ComputeGraph();
  const vector = (length: number) => length * shape.tokens * FLOAT_BYTES;
  const inputs = new GraphInputs(graph, model, shape);
  const parts: GraphParts = { graph, inputs, shape, embeddingLength, vector, expertCopyBytes };
  let current = graph.compute(vector(embeddingLength), inputs.tokens);
  const blocks = representativeBlocks(layout);
  for (const [index, kind] of blocks.entries()) {
    current = addBlock(parts, kind, current, index === blocks.length - 1);
  }
  addOutput(parts, model, current);
  return graph.bufferBytes();
}

function representativeBlocks({ blocks, kinds }: MemoryLayout): BlockKind[] {
  const seen = new Map<number, number>();
  return blocks.flatMap((place, index) => {
    const count = (seen.get(place) ?? 0) + 1;
    seen.set(place, count);
    const kind = kinds[place];
    return kind && (count <= REPEATED_BLOCKS || index === blocks.length - 1) ? [kind] : [];
  });
}

function addBlock(parts: GraphParts, kind: BlockKind, input: GraphTensor, isLast: boolean): GraphTensor {
  const { graph, shape, inputs, embeddingLength, vector } = parts;
  const mixed = mixTokens(parts, kind, input);
  const rows = isLast ? shape.outputs : shape.tokens;
  const bytes = (vector(embeddingLength) / shape.tokens) * rows;
  const pick = (tensor: GraphTensor) => (isLast ? graph.compute(bytes, tensor, inputs.outputs) : tensor);
  const [picked, residual] = [pick(mixed), pick(input)];
  const added = graph.computeInPlace(bytes, picked, residual);
  const sum = kind.isPostNormed ? graph.compute(bytes, added) : added;
  const narrow: GraphParts = {
    ...parts,
    vector: (length) => (vector(length) / shape.tokens) * rows,
  };
  if (!kind.experts && !kind.feedForward) return sum;
  const normed = kind.isPostNormed ? sum : graph.compute(bytes, sum);
  const experts = kind.experts && mixExperts(narrow, kind.experts, normed);
  const dense = kind.feedForward && feedForward(narrow, kind.feedForward, normed);
  const both = experts && dense ? [graph.computeInPlace(bytes, experts, dense)] : [];
  const [result = sum] = [...both, experts, dense].filter((tensor) => tensor !== undefined);
  const output = graph.computeInPlace(bytes, result, sum);
  return kind.isPostNormed ? graph.compute(bytes, output) : output;
}

/** Attention or a recurrent part; with both, their sum. */
function mixTokens(parts: GraphParts, kind: BlockKind, input: GraphTensor): GraphTensor {
  const bytes = parts.vector(parts.embeddingLength);
  const { attention, recurrent } = kind;
  if (!attention && !recurrent) return input;
  const normed = kind.isPostNormed ? input : parts.graph.compute(bytes, input);
  const state = recurrent && recur(parts, recurrent, normed);
  const seen = attention && attend(parts, attention, normed);
  if (state && seen) return parts.graph.computeInPlace(bytes, seen, state);
  return seen ?? state ?? input;
}

function addOutput(parts: GraphParts, { vocabularySize, layout }: ModelSizes, last: GraphTensor): void {
  const { graph, shape, embeddingLength } = parts;
  const bytes = embeddingLength * shape.outputs * FLOAT_BYTES;
  const normed = graph.computeInPlace(bytes, last);
  if (shape.isEmbedding) {
    const turned = graph.compute(bytes, normed);
    graph.compute(embeddingLength * shape.sequences * FLOAT_BYTES, turned, parts.inputs.pooling);
  }
  if (!layout.isEncoder) graph.compute(vocabularySize * shape.outputs * FLOAT_BYTES, normed);
}

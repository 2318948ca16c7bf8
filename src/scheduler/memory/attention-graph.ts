import type { AttentionPart } from '../../gguf/block-kind.ts';
import type { GraphTensor } from './compute-graph.ts';
import type { GraphParts } from './graph-parts.ts';
import { isRotated } from './rotation.ts';

const FLOAT_BYTES = 4;
const HALF_BYTES = 2;

interface Projections {
  readonly query: GraphTensor;
  readonly key: GraphTensor;
  readonly value: GraphTensor;
}

/** Adds queries, keys and values, their place in the cache, the attention, and the output matrix. */
export function attend(parts: GraphParts, attention: AttentionPart, input: GraphTensor): GraphTensor {
  const { graph, inputs, vector } = parts;
  const projected = attention.latent
    ? latentProjections(parts, attention, attention.latent, input)
    : projections(parts, attention, input);
  const seen = inputs.hasCache ? cached(parts, attention, projected) : uncached(parts, attention, projected);
  const back =
    isRotated(attention, parts.shape) && inputs.rotation && !attention.latent
      ? graph.compute(vector(attention.outputLength), seen, inputs.rotation)
      : seen;
  return graph.compute(vector(parts.embeddingLength), back);
}

function projections(parts: GraphParts, part: AttentionPart, input: GraphTensor): Projections {
  const { graph, inputs, vector } = parts;
  const { queryLength, keyLength, valueLength } = part;
  const all = part.isFused ? graph.compute(vector(queryLength + keyLength + valueLength), input) : undefined;
  const project = (length: number) => all ?? graph.compute(vector(length), input);
  // Positions are not added in place, because the previous tensor is viewed in another shape.
  const place = (length: number) => graph.compute(vector(length), project(length), inputs.positions);
  const query = rotate(parts, part, place(queryLength));
  const value = rotate(parts, part, project(valueLength));
  return { query, value, key: rotate(parts, part, place(keyLength)) };
}

/** Multi-head latent attention: queries attend to the compressed keys, which also serve as values. */
function latentProjections(
  { graph, inputs, vector }: GraphParts,
  { heads, queryLength, keyLength }: AttentionPart,
  { queryRank, fullQueryLength, rank }: NonNullable<AttentionPart['latent']>,
  input: GraphTensor,
): Projections {
  const ropeLength = keyLength - rank;
  const small =
    queryRank > 0 ? graph.computeInPlace(vector(queryRank), graph.compute(vector(queryRank), input)) : input;
  const full = graph.compute(vector(fullQueryLength), small);
  const absorbed = graph.compute(vector(heads * rank), full);
  const roped = graph.compute(vector(heads * ropeLength), full, inputs.positions);
  const query = graph.compute(vector(queryLength), absorbed, roped);
  const compressed = graph.compute(vector(keyLength), input);
  const value = graph.compute(vector(rank), compressed);
  const ropedKey = graph.compute(vector(ropeLength), compressed, inputs.positions);
  return { query, key: graph.compute(vector(keyLength), value, ropedKey), value };
}

/** Keys and values are rotated before they are quantized, and queries with them. */
function rotate({ graph, inputs, shape }: GraphParts, part: AttentionPart, tensor: GraphTensor): GraphTensor {
  const { rotation } = inputs;
  if (!rotation || !isRotated(part, shape)) return tensor;
  return graph.compute(tensor.bytes, tensor, rotation);
}

function cached(parts: GraphParts, part: AttentionPart, { query, key, value }: Projections): GraphTensor {
  const { graph, inputs, shape, vector } = parts;
  const { keyPlaces, valuePlaces, mask } = inputs.cacheOf(part);
  graph.store(key, keyPlaces);
  graph.store(value, valuePlaces);
  // In the compressed space of latent attention each head's result is as long as the compressed values.
  const length = part.latent ? part.heads * part.latent.rank : part.outputLength;
  let seen: GraphTensor;
  if (shape.flashAttention) {
    seen = graph.compute(vector(length), query, mask);
  } else {
    const turned = part.latent
      ? [graph.compute(part.latent.rank * shape.cells * shape.streams * HALF_BYTES)]
      : [];
    const scores = graph.compute(shape.cells * part.heads * shape.tokens * FLOAT_BYTES, query);
    const weights = graph.computeInPlace(scores.bytes, scores, mask);
    seen = graph.compute(vector(length), weights, ...turned);
  }
  if (part.latent) seen = graph.compute(vector(part.outputLength), seen);
  const isSpread = part.latent !== undefined || !shape.flashAttention;
  return isSpread ? graph.compute(vector(part.outputLength), seen) : seen;
}

/** Attention of an encoder, over the tokens of the batch itself. */
function uncached(parts: GraphParts, part: AttentionPart, { query, key, value }: Projections): GraphTensor {
  const { graph, inputs, shape, vector } = parts;
  const { mask } = inputs.cacheOf(part);
  if (shape.flashAttention) {
    const half = (tensor: GraphTensor) => graph.compute((tensor.bytes / FLOAT_BYTES) * HALF_BYTES, tensor);
    return graph.compute(vector(part.outputLength), query, half(key), half(value), mask);
  }
  const turned = graph.compute(value.bytes, value);
  const scores = graph.compute(shape.tokens * part.heads * shape.tokens * FLOAT_BYTES, key, query);
  const weights = graph.computeInPlace(scores.bytes, scores, mask);
  return graph.compute(vector(part.outputLength), graph.compute(vector(part.outputLength), turned, weights));
}

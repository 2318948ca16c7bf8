import type { ExpertPart, FeedForwardPart } from '../../gguf/block-kind.ts';
import type { GraphTensor } from './compute-graph.ts';
import type { GraphParts } from './graph-parts.ts';

export function feedForward(parts: GraphParts, part: FeedForwardPart, input: GraphTensor): GraphTensor {
  const { graph, vector, embeddingLength } = parts;
  const inner = vector(part.innerLength);
  return graph.compute(
    vector(embeddingLength),
    activate(parts, part.gate, inner, () => [], input),
  );
}

/**
 * The activation between the matrices. The result of a gate takes a third tensor beside gate and up.
 * @param matrix the copy of a matrix that is used once; none = the matrix is where it is used
 */
function activate(
  { graph }: GraphParts,
  gate: FeedForwardPart['gate'],
  inner: number,
  matrix: () => GraphTensor[],
  ...input: GraphTensor[]
): GraphTensor {
  if (gate === 'none') return graph.computeInPlace(inner, graph.compute(inner, ...input, ...matrix()));
  if (gate === 'fused') return graph.compute(inner, graph.compute(2 * inner, ...input, ...matrix()));
  const gated = graph.compute(inner, ...input, ...matrix());
  return graph.compute(inner, gated, graph.compute(inner, ...input, ...matrix()));
}

/** Adds the router, the chosen experts side by side, and their weighted sum. */
export function mixExperts(parts: GraphParts, part: ExpertPart, input: GraphTensor): GraphTensor {
  const { graph, vector, embeddingLength, expertCopyBytes } = parts;
  const { count, used, innerLength, hasGate } = part;
  const matrix = () => (expertCopyBytes > 0 ? [graph.compute(expertCopyBytes)] : []);
  const chances = graph.computeInPlace(vector(count), graph.compute(vector(count), input));
  const chosen = graph.compute(vector(count), chances);
  const picked = graph.compute(vector(used), chances, chosen);
  const sum = graph.computeInPlace(vector(1), graph.compute(vector(1), picked));
  const weights = graph.compute(vector(used), picked, sum);
  const gate = hasGate ? 'own' : 'none';
  const inner = activate(parts, gate, vector(used * innerLength), matrix, input, chosen);
  const results = graph.compute(vector(used * embeddingLength), inner, chosen, ...matrix());
  const weighted = graph.computeInPlace(results.bytes, results, weights);
  return graph.compute(vector(embeddingLength), weighted);
}

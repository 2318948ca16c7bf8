import type { RecurrentPart } from '../../gguf/recurrent-part.ts';
import type { GraphTensor } from './compute-graph.ts';
import type { GraphParts } from './graph-parts.ts';

const FLOAT_BYTES = 4;

/** Adds the projection, the convolution over the last tokens, the scan over the state, and the output matrix. */
export function recur(parts: GraphParts, part: RecurrentPart, input: GraphTensor): GraphTensor {
  const { graph, shape, inputs, vector, embeddingLength } = parts;
  const state = graph.compute(part.convolutionState * shape.sequences * FLOAT_BYTES, inputs.states);
  const projected = graph.compute(vector(part.projectionLength), input);
  if (part.kind === 'convolution') {
    const product = graph.compute(vector(part.innerLength), projected);
    const joined = join(parts, part, state, product);
    const convolved = graph.compute(vector(part.innerLength), joined);
    const gated = graph.computeInPlace(vector(part.innerLength), convolved, projected);
    return graph.compute(vector(embeddingLength), gated);
  }
  const joined = join(parts, part, state, projected);
  const convolved = graph.compute(vector(part.channels), joined);
  const scanned = scan(parts, part, convolved, projected);
  return graph.compute(vector(embeddingLength), scanned);
}

/** Appends the tokens of the batch to those that the state remembers. */
function join(
  { graph, vector }: GraphParts,
  part: RecurrentPart,
  state: GraphTensor,
  tokens: GraphTensor,
): GraphTensor {
  const joined = graph.compute(state.bytes + vector(part.channels), state, tokens);
  graph.store(joined);
  return joined;
}

function scan(
  parts: GraphParts,
  part: RecurrentPart,
  tokens: GraphTensor,
  projected: GraphTensor,
): GraphTensor {
  const { graph, shape, vector, inputs } = parts;
  const inner = vector(part.innerLength);
  // The scan also yields the states after each of the last tokens.
  const states = shape.sequences * (1 + shape.snapshots);
  const scanBytes = inner + part.scanState * states * FLOAT_BYTES;
  let result: GraphTensor;
  if (part.kind === 'mamba') {
    const mixed = graph.compute(vector(part.timeStepLength), tokens);
    const steps = graph.compute(inner, graph.compute(vector(part.timeStepRank), mixed));
    result = graph.compute(scanBytes, tokens, graph.computeInPlace(inner, steps), mixed, inputs.states);
  } else {
    const steps = graph.compute(vector(part.timeStepRank), projected);
    result = graph.compute(scanBytes, tokens, graph.computeInPlace(steps.bytes, steps), inputs.states);
  }
  graph.store(result);
  const gate = graph.compute(inner, projected);
  const skipped = part.kind === 'mamba' ? graph.computeInPlace(inner, tokens) : graph.compute(inner, tokens);
  const sum = graph.computeInPlace(inner, skipped, result);
  const gated = graph.compute(inner, gate, sum);
  return part.kind === 'mamba' ? gated : graph.compute(inner, gated);
}

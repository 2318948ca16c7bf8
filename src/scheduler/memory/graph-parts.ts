import type { ComputeGraph } from './compute-graph.ts';
import type { ContextShape } from './context-shape.ts';
import type { GraphInputs } from './graph-inputs.ts';

/** What the parts of a block are added to. */
export interface GraphParts {
  readonly graph: ComputeGraph;
  readonly inputs: GraphInputs;
  readonly shape: ContextShape;
  readonly embeddingLength: number;
  /** Bytes of a vector for each token computed at once. */
  readonly vector: (length: number) => number;
}

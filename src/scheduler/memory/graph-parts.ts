import type { ComputeGraph } from './compute-graph.ts';
import type { ContextShape } from './context-shape.ts';
import type { GraphInputs } from './graph-inputs.ts';

/** The graph that the parts of a block are added to, with its inputs and sizes. */
export interface GraphParts {
  readonly graph: ComputeGraph;
  readonly inputs: GraphInputs;
  readonly shape: ContextShape;
  readonly embeddingLength: number;
  /** Bytes of one vector of this length per token computed at once. */
  readonly vector: (length: number) => number;
  /** Bytes of a tensor of experts that is copied to the GPU before each use; 0 = none is. */
  readonly expertCopyBytes: number;
}

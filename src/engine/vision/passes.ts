/** Passes behind the tower: from patches to rows for the model. */
import { elementTypes } from '../graph/ggml.ts';
import type { Graph } from '../graph/graph.ts';
import type { Pass, ValueSpec, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';

const FLOAT_BYTES = 4;

/** A value with `rows` rows of `width` floats. */
export function rowsSpec(width: number, rows: number): ValueSpec {
  return { shape: [width, rows], type: elementTypes.f32, rowAxis: 1 };
}

/**
 * A pass that makes one value from others as a whole, such as one that joins patches.
 * @param work multiplications in all
 */
export function wholePass(
  name: string,
  spec: ValueSpec,
  work: number,
  build: (graph: Graph, get: Values) => Tensor,
): Pass {
  const elements = spec.shape.reduce((product, length) => product * length, 1);
  return {
    kind: name,
    rows: 1,
    work: Math.max(work, elements),
    rowBytes: FLOAT_BYTES * 4 * elements,
    writes: { [name]: spec },
    build: (graph, get) => ({ [name]: build(graph, get) }),
  };
}

/**
 * A pass that makes each row of `name` from the same row of `from`.
 * @param widest values per row of the widest layer in between
 */
export function rowPass(
  name: string,
  from: string,
  { width, rows, work, widest }: { width: number; rows: number; work: number; widest: number },
  build: (graph: Graph, rows: Tensor) => Tensor,
): Pass {
  return {
    kind: name,
    rows,
    work: Math.max(work, width),
    rowBytes: FLOAT_BYTES * (3 * widest + width),
    writes: { [name]: rowsSpec(width, rows) },
    build: (graph, get, range) => ({ [name]: build(graph, graph.slice(get(from), 1, range)) }),
  };
}

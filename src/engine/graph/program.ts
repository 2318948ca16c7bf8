/**
 * An encoder as a list of passes over the rows of a picture or sound. Each pass computes its rows apart from each other, so
 * that a pass can be cut where it would take too long, or passes can be joined in one graph where they are short.
 */
import type { Graph } from './graph.ts';
import type { RowRange } from './graph-base.ts';
import type { Tensor } from './tensor.ts';

/** Numbers that the graphs get from outside: pixels, positions, masks. */
export interface InputValue {
  /** The contiguous dimension first. */
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** What a pass leaves for later ones. */
export interface ValueSpec {
  readonly shape: readonly number[];
  /** One of `elementTypes`. */
  readonly type: number;
  /** The dimension along which the rows of the pass lie; its length is a multiple of their number. */
  readonly rowAxis: 0 | 1 | 2 | 3;
}

/** Inputs, and the values of the passes before, by name. */
export type Values = (name: string) => Tensor;

export interface Pass {
  /** Passes of one kind take about the same time per multiplication. */
  readonly kind: string;
  /** Number of rows that can be computed apart; 1 = the pass cannot be cut. */
  readonly rows: number;
  /** Multiplications per row, to predict its time. */
  readonly work: number;
  /** Bytes of values inside the graph per row, to bound its memory. */
  readonly rowBytes: number;
  /** The values that it computes, or replaces. */
  readonly writes: Readonly<Record<string, ValueSpec>>;
  /** Values that nobody needs after it. */
  readonly drops?: readonly string[];
  /** Builds the nodes for some rows. @returns for each of `writes`, the part for these rows */
  build(graph: Graph, values: Values, rows: RowRange): Readonly<Record<string, Tensor>>;
}

export interface Program {
  readonly inputs: Readonly<Record<string, InputValue>>;
  readonly passes: readonly Pass[];
  /** Name of the value that is the result: [row width, rows]. */
  readonly output: string;
}

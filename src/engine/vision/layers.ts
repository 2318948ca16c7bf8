/** The small layers that encoders and projectors are made of. Rows are [width, n], the contiguous dimension first. */
import type { Activation, Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Weights } from '../graph/weights.ts';

export type NormKind = 'layer' | 'rms';

/** PyTorch's `LayerNorm` without an argument, which most projectors use. */
export const DEFAULT_EPS = 1e-5;

/** A matrix with its bias, if it has one. */
export interface Linear {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  /** Bounds of what goes in and comes out (Gemma 4); to be asked for when the weights are in memory. */
  readonly bounds?: (() => Bounds) | undefined;
}

interface Bounds {
  readonly input: Range;
  readonly output: Range;
}

type Range = readonly [least: number, most: number];

/** A norm with what its result is multiplied by and what is added, if anything. */
export interface Norm {
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;
}

export interface FeedForward {
  readonly up: Linear;
  readonly down: Linear;
  readonly gate?: Linear;
}

/** @throws OllamaError `load-failed` when the file lacks the matrix */
export function linear(weights: Weights, name: string): Linear {
  return {
    weight: weights.tensor(`${name}.weight`),
    bias: weights.optional(`${name}.bias`),
    bounds: boundsOf(weights, name),
  };
}

function boundsOf(weights: Weights, name: string): (() => Bounds) | undefined {
  const names = ['input_min', 'input_max', 'output_min', 'output_max'].map((part) => `${name}.${part}`);
  if (!names.some((bound) => weights.optional(bound)?.elements === 1)) return undefined;
  return () => {
    const [inputMin, inputMax, outputMin, outputMax] = names.map((bound) => weights.number(bound));
    return { input: range(inputMin, inputMax), output: range(outputMin, outputMax) };
  };
}

/** Equal bounds stand for none: Ollama's converter writes zeros where a matrix has no bounds. */
function range(least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): Range {
  return least < most ? [least, most] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
}

export function optionalLinear(weights: Weights, name: string): Linear | undefined {
  return weights.has(`${name}.weight`) ? linear(weights, name) : undefined;
}

export function norm(weights: Weights, name: string): Norm {
  return { weight: weights.optional(`${name}.weight`), bias: weights.optional(`${name}.bias`) };
}

export function applyLinear(graph: Graph, { weight, bias, bounds }: Linear, rows: Tensor): Tensor {
  if (!bounds) return graph.linear(weight, bias, rows);
  const { input, output } = bounds();
  return graph.clamp(graph.linear(weight, bias, graph.clamp(rows, ...input)), ...output);
}

export function applyNorm(
  graph: Graph,
  kind: NormKind,
  { weight, bias }: Norm,
  eps: number,
  rows: Tensor,
): Tensor {
  let result = kind === 'rms' ? graph.rmsNorm(rows, eps) : graph.norm(rows, eps);
  if (weight) result = graph.mul(result, weight);
  if (bias) result = graph.add(result, bias);
  return result;
}

/** Two matrices with an activation between them, or three, of which one gates. */
export function applyFeedForward(
  graph: Graph,
  { up, down, gate }: FeedForward,
  activation: Activation,
  rows: Tensor,
): Tensor {
  const wide = applyLinear(graph, up, rows);
  if (!gate || activation === 'relu-squared')
    return applyLinear(graph, down, graph.activation(activation, wide));
  return applyLinear(graph, down, graph.gated(activation, applyLinear(graph, gate, rows), wide));
}

/** Multiplications per row of some matrices. */
export function multiplications(...matrices: readonly (Linear | undefined)[]): number {
  return matrices.reduce((sum, matrix) => sum + (matrix ? matrix.weight.elements : 0), 0);
}

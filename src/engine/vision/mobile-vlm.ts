/** The two depthwise blocks of MobileVLM's projector (https://arxiv.org/abs/2312.16886), each with a gate per channel. */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Weights } from '../graph/weights.ts';
import type { Grid } from './encoder.ts';
import { applyLinear, applyNorm, type Linear, linear, type Norm, norm } from './layers.ts';

interface DepthwiseBlock {
  readonly kernel: Tensor;
  readonly firstNorm: Norm;
  readonly gateIn: Linear;
  readonly gateOut: Linear;
  readonly matrix: Tensor;
  readonly lastNorm: Norm;
}

function depthwiseBlock(weights: Weights, index: number): DepthwiseBlock {
  const name = (part: string) => `mm.model.mb_block.${index}.block.${part}`;
  return {
    kernel: weights.tensor(name('0.0.weight')),
    firstNorm: norm(weights, name('0.1')),
    gateIn: linear(weights, name('1.fc1')),
    gateOut: linear(weights, name('1.fc2')),
    matrix: weights.tensor(name('2.0.weight')),
    lastNorm: norm(weights, name('2.1')),
  };
}

/** @returns values per row, and the function from [width, patches] to rows at half the resolution */
export function ldpBlocks(weights: Weights, eps: number) {
  const first = depthwiseBlock(weights, 1);
  const second = depthwiseBlock(weights, 2);
  return {
    width: second.matrix.shape[1],
    build: (graph: Graph, patches: Tensor, { columns, lines }: Grid): Tensor => {
      const [width] = patches.shape;
      const planes = graph.cont(graph.permute(patches, 1, 0, 2, 3), columns, lines, width);
      const inner = graph.cont(graph.permute(applyBlock(graph, first, planes, 1, eps), 2, 0, 1, 3));
      const rows = applyBlock(graph, second, graph.add(planes, inner), 2, eps);
      return graph.reshape(rows, rows.shape[0], rows.shape[1] * rows.shape[2]);
    },
  };
}

/** From [columns, lines, channels] to [channels, columns', lines']. */
function applyBlock(
  graph: Graph,
  block: DepthwiseBlock,
  planes: Tensor,
  stride: number,
  eps: number,
): Tensor {
  const convolved = graph.conv2dDepthwise(block.kernel, planes, { stride, padding: 1 });
  const normed = applyNorm(graph, 'layer', block.firstNorm, eps, channelsFirst(graph, convolved));
  const active = graph.unary('hardswish', graph.cont(graph.permute(normed, 2, 0, 1, 3)));
  const [columns, lines, channels] = active.shape;
  const means = graph.reshape(graph.averagePool2d(active, columns, lines), channels);
  const opened = graph.unary('relu', applyLinear(graph, block.gateIn, means));
  const gate = graph.unary('hardsigmoid', applyLinear(graph, block.gateOut, opened));
  const gated = graph.mul(active, graph.reshape(gate, 1, 1, channels));
  const flat = graph.reshape(gated, columns * lines, channels);
  const mixed = graph.matmul(block.matrix, graph.cont(graph.permute(flat, 1, 0, 2, 3)));
  return applyNorm(graph, 'layer', block.lastNorm, eps, graph.reshape(mixed, mixed.shape[0], columns, lines));
}

function channelsFirst(graph: Graph, planes: Tensor): Tensor {
  return graph.cont(graph.permute(planes, 1, 2, 0, 3));
}

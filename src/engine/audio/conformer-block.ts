import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Weights } from '../graph/weights.ts';
import { applyLinear, applyNorm, type Linear, linear, type Norm } from '../vision/layers.ts';

/** A feed-forward network that is added by half. */
interface HalfStep {
  readonly norm: Norm;
  readonly up: Linear;
  readonly down: Linear;
  readonly postNorm: Norm;
}

/** The weights of one Conformer block; norms without a weight are left out. */
export interface ConformerWeights {
  readonly first: HalfStep;
  readonly second: HalfStep;
  readonly attentionNorm: Norm;
  readonly attentionPostNorm: Norm;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly output: Linear;
  /** Factors of each value of a head. */
  readonly queryScale: Tensor | undefined;
  readonly keyScale: Tensor | undefined;
  /** Turns the table of relative positions into keys. */
  readonly relativeKey: Tensor | undefined;
  readonly convolutionNorm: Norm;
  readonly widen: Linear;
  /** The kernel of the depthwise convolution: [length, channels]. */
  readonly kernel: Tensor;
  readonly kernelBias: Tensor | undefined;
  readonly mixedNorm: Norm;
  readonly narrow: Linear;
  readonly outputNorm: Norm;
}

export function conformerBlock(weights: Weights, index: number): ConformerWeights {
  const name = (part: string) => `a.blk.${index}.${part}`;
  const scale = (part: string): Norm => ({
    weight: weights.optional(name(`${part}.weight`)),
    bias: undefined,
  });
  const preNorm = scale('attn_pre_norm');
  const halfStep = (suffix: string): HalfStep => ({
    norm: scale(`ffn_norm${suffix}`),
    up: withoutBias(linear(weights, name(`ffn_up${suffix}`))),
    down: withoutBias(linear(weights, name(`ffn_down${suffix}`))),
    postNorm: scale(`ffn_post_norm${suffix}`),
  });
  return {
    first: halfStep(''),
    second: halfStep('_1'),
    attentionNorm: preNorm.weight ? preNorm : scale('ln1'),
    attentionPostNorm: scale('attn_post_norm'),
    query: withoutBias(linear(weights, name('attn_q'))),
    key: withoutBias(linear(weights, name('attn_k'))),
    value: withoutBias(linear(weights, name('attn_v'))),
    output: linear(weights, name('attn_out')),
    queryScale: weights.optional(name('per_dim_scale.weight')),
    keyScale: weights.optional(name('per_dim_k_scale.weight')),
    relativeKey: weights.optional(name('attn_k_rel.weight')),
    // The converter gave the two norms each other's name.
    convolutionNorm: scale('conv_norm'),
    widen: withoutBias(linear(weights, name('conv_pw1'))),
    kernel: weights.tensor(name('conv_dw.weight')),
    kernelBias: weights.optional(name('conv_dw.bias')),
    mixedNorm: scale('norm_conv'),
    narrow: withoutBias(linear(weights, name('conv_pw2'))),
    outputNorm: scale('ln2'),
  };
}

/** llama.cpp's graph ignores the biases of these matrices, which no known file has. */
function withoutBias(matrix: Linear): Linear {
  return { ...matrix, bias: undefined };
}

/** @returns `rows` and half of what the network makes of them */
export function addFeedForward(
  graph: Graph,
  { norm, up, down, postNorm }: HalfStep,
  rows: Tensor,
  eps: number,
): Tensor {
  const wide = graph.activation('silu', applyLinear(graph, up, applyNorm(graph, 'rms', norm, eps, rows)));
  let narrow = applyLinear(graph, down, wide);
  if (postNorm.weight) narrow = applyNorm(graph, 'rms', postNorm, eps, narrow);
  return graph.add(rows, graph.scale(narrow, 0.5));
}

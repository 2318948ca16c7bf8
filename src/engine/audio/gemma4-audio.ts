/**
 * The Conformer (https://arxiv.org/abs/2005.08100) of Gemma 4. Two convolutions halve time and frequency; each block then is
 *
 *     + half a feed-forward ─▶ + local attention ─▶ + convolution over time ─▶ + half a feed-forward ─▶ norm
 */
import { elementTypes } from '../graph/ggml.ts';
import type { Graph } from '../graph/graph.ts';
import type { Pass, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { hiddenSpec } from '../vision/blocks.ts';
import { applyLinear, applyNorm, linear, multiplications, optionalLinear } from '../vision/layers.ts';
import { rowPass, wholePass } from '../vision/passes.ts';
import { addFeedForward, type ConformerWeights, conformerBlock } from './conformer-block.ts';
import type { AudioFamily, AudioSource } from './encoder.ts';
import { attentionMask, localAttention, relativePositions } from './local-attention.ts';

const FLOAT_BYTES = 4;
const CONVOLUTIONS = [0, 1];
/** Frames of 30 s. */
const PIECE_FRAMES = 2999;
/** Values of a kernel of the depthwise convolution that lie in the past. */
const PAST = 4;

const halved = (length: number) => Math.ceil(length / 2);

export const gemma4Audio: AudioFamily = (source) => {
  const { weights, facts } = source;
  const convolve = convolutions(source);
  const blocks = Array.from({ length: facts.blocks }, (_, index) => conformerBlock(weights, index));
  const output = optionalLinear(weights, 'a.pre_encode.out');
  const softNorm = { weight: weights.optional('mm.a.soft_emb_norm.weight'), bias: undefined };
  const last = linear(weights, 'mm.a.input_projection');
  const rowWidth = last.weight.shape[1];
  const widest = Math.max(facts.width, output?.weight.shape[1] ?? 0);
  return {
    rowWidth,
    sampleFrames: PIECE_FRAMES,
    program: ({ frames, bins, mel }) => {
      const rows = halved(halved(frames));
      const sizes = { width: rowWidth, rows, work: multiplications(output, last), widest };
      return {
        inputs: {
          mel: { shape: [frames, bins], data: mel },
          mask: attentionMask(rows),
          relative: relativePositions(facts.width),
        },
        passes: [
          convolve(rows),
          ...blocks.flatMap((block) => blockPasses(source, block, rows)),
          rowPass('rows', 'hidden', sizes, (graph, hidden) => {
            const projected = output ? applyLinear(graph, output, hidden) : hidden;
            return applyLinear(graph, last, applyNorm(graph, 'rms', softNorm, facts.eps, projected));
          }),
        ],
        output: 'rows',
      };
    },
  };
};

/** From the input `mel` to the value `hidden`: each convolution sees a square of three frames and three bins. */
function convolutions({ weights, facts }: AudioSource): (rows: number) => Pass {
  const kernels = CONVOLUTIONS.map((index) => ({
    kernel: weights.tensor(`a.conv1d.${index}.weight`),
    bias: weights.optional(`a.conv1d.${index}.bias`),
    norm: weights.optional(`a.conv1d.${index}.norm.weight`),
  }));
  const matrix = linear(weights, 'a.input_projection');
  return (rows) =>
    wholePass('hidden', hiddenSpec(facts.width, rows), rows * matrix.weight.elements * 2, (graph, get) => {
      let planes = graph.cont(graph.transpose(get('mel')));
      for (const { kernel, bias, norm } of kernels) {
        planes = graph.conv2d(kernel, planes, { stride: 2, padding: 1 });
        if (bias) planes = graph.add(planes, graph.reshape(bias, 1, 1, bias.elements));
        if (norm) {
          // The norm is over the channels, which come first for it.
          const channels = graph.cont(graph.permute(planes, 1, 2, 0, 3));
          const normed = graph.mul(graph.norm(channels, facts.eps), norm);
          planes = graph.cont(graph.permute(normed, 2, 0, 1, 3));
        }
        planes = graph.unary('relu', planes);
      }
      const [bins, times, channels] = planes.shape;
      const flat = graph.cont(graph.permute(planes, 1, 2, 0, 3), channels * bins, times);
      return applyLinear(graph, matrix, flat);
    });
}

/** Three passes; they replace the value `hidden`. Attention and convolution see neighbors, so theirs is not cut. */
function blockPasses(source: AudioSource, block: ConformerWeights, rows: number): Pass[] {
  return [projectPass(source, block, rows), mixPass(source, block, rows), finishPass(source, block, rows)];
}

function projectPass({ facts }: AudioSource, block: ConformerWeights, rows: number): Pass {
  const { width } = facts;
  const { up, down } = block.first;
  return {
    kind: 'project sound',
    rows,
    work: multiplications(up, down, block.query, block.key, block.value),
    rowBytes: FLOAT_BYTES * (8 * width + 2 * up.weight.shape[1]),
    writes: {
      hidden: hiddenSpec(width, rows),
      query: hiddenSpec(width, rows),
      key: hiddenSpec(width, rows),
      value: hiddenSpec(width, rows),
    },
    build: (graph, get, range) => {
      const hidden = addFeedForward(graph, block.first, graph.slice(get('hidden'), 1, range), facts.eps);
      const normed = block.attentionNorm.weight
        ? applyNorm(graph, 'rms', block.attentionNorm, facts.eps, hidden)
        : hidden;
      const [query, key, value] = [block.query, block.key, block.value].map((matrix) =>
        applyLinear(graph, matrix, normed),
      ) as [Tensor, Tensor, Tensor];
      return { hidden, query, key, value };
    },
  };
}

function mixPass(source: AudioSource, block: ConformerWeights, rows: number): Pass {
  const { width, eps } = source.facts;
  return {
    kind: 'mix sound',
    rows: 1,
    work: rows * multiplications(block.output, block.widen),
    rowBytes: FLOAT_BYTES * rows * 24 * width,
    writes: {
      hidden: hiddenSpec(width, rows),
      mixed: { shape: [width, rows], type: elementTypes.f32, rowAxis: 1 },
    },
    drops: ['query', 'key', 'value'],
    build: (graph, get) => {
      let attended = applyLinear(graph, block.output, localAttention(graph, get, block, source.facts.heads));
      if (block.attentionPostNorm.weight)
        attended = applyNorm(graph, 'rms', block.attentionPostNorm, eps, attended);
      const hidden = graph.add(get('hidden'), attended);
      return { hidden, mixed: mixed(graph, block, hidden, eps) };
    },
  };
}

/** Half of the widened values open the other half; then each channel is mixed with its past. */
function mixed(graph: Graph, block: ConformerWeights, hidden: Tensor, eps: number): Tensor {
  const wide = applyLinear(graph, block.widen, applyNorm(graph, 'rms', block.convolutionNorm, eps, hidden));
  const half = wide.shape[0] / 2;
  const gate = graph.unary('sigmoid', graph.cont(graph.slice(wide, 0, { from: half, to: 2 * half })));
  const open = graph.mul(graph.slice(wide, 0, { from: 0, to: half }), gate);
  const channels = graph.padAround(graph.cont(graph.transpose(open)), PAST, 0);
  const convolved = graph.causalConv1d(block.kernel, channels);
  return block.kernelBias ? graph.add(convolved, block.kernelBias) : convolved;
}

function finishPass({ facts }: AudioSource, block: ConformerWeights, rows: number): Pass {
  const { width, eps } = facts;
  const { up, down } = block.second;
  return {
    kind: 'finish sound',
    rows,
    work: multiplications(block.narrow, up, down),
    rowBytes: FLOAT_BYTES * (6 * width + 2 * up.weight.shape[1]),
    writes: { hidden: hiddenSpec(width, rows) },
    drops: ['mixed'],
    build: (graph, get: Values, range) => {
      let inner = graph.slice(get('mixed'), 1, range);
      if (block.mixedNorm.weight) inner = applyNorm(graph, 'rms', block.mixedNorm, eps, inner);
      inner = applyLinear(graph, block.narrow, graph.activation('silu', inner));
      const hidden = graph.add(graph.slice(get('hidden'), 1, range), inner);
      const result = addFeedForward(graph, block.second, hidden, eps);
      return {
        hidden: block.outputNorm.weight ? applyNorm(graph, 'rms', block.outputNorm, eps, result) : result,
      };
    },
  };
}

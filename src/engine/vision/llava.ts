/**
 * LLaVA (https://arxiv.org/abs/2304.08485) and what followed it: a CLIP or SigLIP encoder up to its last block but one, or
 * the output of several blocks side by side (Granite Vision), and one of these projectors:
 *
 *     mlp        matrix ─▶ GELU ─▶ matrix; the variant of Yi has norms behind both
 *     ldp        MobileVLM: feed-forward ─▶ two depthwise blocks, the second of which halves the grid (mobile-vlm.ts)
 *     ldpv2      MobileVLM 2: feed-forward ─▶ mean of 2 x 2 patches ─▶ depthwise convolution
 *     adapter    GLM-Edge: convolution that halves the grid ─▶ gated feed-forward ─▶ first row, rows, last row
 */
import { OllamaError } from '../../base/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Pass, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Grid, gridOf, type Source, type VisionEncoder, type VisionFamily } from './encoder.ts';
import { applyLinear, applyNorm, linear, multiplications, type Norm, norm } from './layers.ts';
import { ldpBlocks } from './mobile-vlm.ts';
import { rowPass, rowsSpec, wholePass } from './passes.ts';
import { featureOf, Tower } from './tower.ts';

/** What a projector does with the patches, from the value `patches` to the value `rows`. */
interface Projection {
  readonly rowWidth: number;
  passes(grid: Grid): Pass[];
}

export const llavaMlp: VisionFamily = (source) => {
  const { weights } = source;
  // Only Yi's variant has this tensor.
  return encoder(source, weights.has('mm.3.weight') ? normedMlp(source) : mlp(source), {
    withLastBlock: false,
  });
};

export const ldp: VisionFamily = (source) => {
  const { weights, facts } = source;
  const [first, second] = [linear(weights, 'mm.model.mlp.1'), linear(weights, 'mm.model.mlp.3')];
  const blocks = ldpBlocks(weights, facts.eps);
  const projection: Projection = {
    rowWidth: blocks.width,
    passes: (grid) => [
      wholePass(
        'rows',
        rowsSpec(blocks.width, halved(grid.columns) * halved(grid.lines)),
        grid.columns * grid.lines * multiplications(first, second),
        (graph, get) => blocks.build(graph, twoLayers(graph, get('patches'), first, second), grid),
      ),
    ],
  };
  return encoder(source, projection, { withLastBlock: false });
};

export const ldpv2: VisionFamily = (source) => {
  const { weights } = source;
  const [first, second] = [linear(weights, 'mm.model.mlp.0'), linear(weights, 'mm.model.mlp.2')];
  const kernel = linear(weights, 'mm.model.peg.0');
  const width = second.weight.shape[1];
  const projection: Projection = {
    rowWidth: width,
    passes: ({ columns, lines }) => {
      const rows = Math.floor(columns / 2) * Math.floor(lines / 2);
      const work = columns * lines * multiplications(first, second);
      return [
        wholePass('rows', rowsSpec(width, rows), work, (graph, get) => {
          const projected = twoLayers(graph, get('patches'), first, second);
          const planes = graph.cont(graph.permute(projected, 1, 0, 2, 3), columns, lines, width);
          const pooled = graph.averagePool2d(planes, 2);
          const neighbours = graph.conv2dDepthwise(kernel.weight, pooled, { stride: 1, padding: 1 });
          const added = channelsFirst(graph, neighbours);
          const sum = graph.add(
            kernel.bias ? graph.add(added, kernel.bias) : added,
            channelsFirst(graph, pooled),
          );
          return graph.reshape(sum, width, rows);
        }),
      ];
    },
  };
  return encoder(source, projection, { withLastBlock: false });
};

export const glmEdge: VisionFamily = (source) => {
  const { weights, facts } = source;
  const kernel = linear(weights, 'adapter.conv');
  const matrix = linear(weights, 'adapter.linear.linear');
  const inputNorm = norm(weights, 'adapter.linear.norm1');
  const part = (name: string) => linear(weights, `adapter.linear.${name}`);
  const [up, gate, down] = [part('dense_h_to_4h'), part('gate'), part('dense_4h_to_h')];
  const [first, last] = [weights.tensor('adapter.boi'), weights.tensor('adapter.eoi')];
  const rowWidth = down.weight.shape[1];
  const projection: Projection = {
    rowWidth,
    passes: ({ columns, lines }) => {
      const rows = Math.floor(columns / 2) * Math.floor(lines / 2);
      const work = rows * multiplications(kernel, matrix, up, gate, down);
      return [
        wholePass('rows', rowsSpec(rowWidth, rows + 2), work, (graph, get) => {
          const planes = graph.cont(graph.permute(get('patches'), 1, 0, 2, 3), columns, lines, facts.width);
          const halves = graph.conv2d(kernel.weight, planes, { stride: 2 });
          const flat = graph.reshape(halves, rows, halves.shape[2]);
          const squares = graph.cont(graph.permute(flat, 1, 0, 2, 3));
          const biased = kernel.bias ? graph.add(squares, kernel.bias) : squares;
          const normed = applyNorm(graph, 'layer', inputNorm, facts.eps, applyLinear(graph, matrix, biased));
          const inner = graph.unary('gelu', normed);
          const wide = graph.gated('silu', applyLinear(graph, gate, inner), applyLinear(graph, up, inner));
          return graph.concat(graph.concat(first, applyLinear(graph, down, wide), 1), last, 1);
        }),
      ];
    },
  };
  return encoder(source, projection, { withLastBlock: true });
};

function mlp({ weights }: Source): Projection {
  const first = linear(weights, 'mm.0');
  const second = weights.has('mm.2.weight') ? linear(weights, 'mm.2') : undefined;
  const [inputs, inner] = first.weight.shape;
  const rowWidth = second?.weight.shape[1] ?? inner;
  return perPatch(rowWidth, multiplications(first, second), Math.max(inputs, inner), (graph, patches) => {
    const wide = graph.unary('gelu', applyLinear(graph, first, patches));
    return second ? applyLinear(graph, second, wide) : wide;
  });
}

function normedMlp({ weights, facts }: Source): Projection {
  const [first, second] = [linear(weights, 'mm.0'), linear(weights, 'mm.3')];
  const norms: readonly [Norm, Norm] = [norm(weights, 'mm.1'), norm(weights, 'mm.4')];
  const [inputs, inner] = first.weight.shape;
  const work = multiplications(first, second);
  return perPatch(second.weight.shape[1], work, Math.max(inputs, inner), (graph, patches) => {
    const normed = applyNorm(graph, 'layer', norms[0], facts.eps, applyLinear(graph, first, patches));
    const wide = applyLinear(graph, second, graph.unary('gelu', normed));
    return applyNorm(graph, 'layer', norms[1], facts.eps, wide);
  });
}

function perPatch(
  rowWidth: number,
  work: number,
  widest: number,
  build: (graph: Graph, patches: Tensor) => Tensor,
): Projection {
  return {
    rowWidth,
    passes: ({ columns, lines }) => [
      rowPass('rows', 'patches', { width: rowWidth, rows: columns * lines, work, widest }, build),
    ],
  };
}

/** Joins the encoder and a projector. */
function encoder(
  source: Source,
  projection: Projection,
  { withLastBlock }: { readonly withLastBlock: boolean },
): VisionEncoder {
  const { weights, facts } = source;
  const features = [...new Set(facts.featureLayers)].sort((left, right) => left - right);
  const blocks = features.at(-1) ?? (withLastBlock ? facts.blocks : facts.blocks - 1);
  if (blocks < 0 || blocks > facts.blocks)
    throw new OllamaError(
      'load-failed',
      `the projector takes the output of block ${blocks} of ${facts.blocks}`,
    );
  const hasClass = weights.has('v.class_embd');
  const tower = new Tower(source, {
    norm: 'layer',
    positions: 'table',
    blocks,
    features: features.filter((block) => block < blocks),
    ...(hasClass && { classToken: 'behind' }),
  });
  return {
    rowWidth: projection.rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const patches = grid.columns * grid.lines;
      const width = facts.width * Math.max(features.length, 1);
      // llama.cpp leaves the first row out and not the last, where the class token is; models are used as it has them.
      const from = tower.classRows;
      return {
        inputs: { pixels: picture.pixels },
        passes: [
          ...tower.passes(grid),
          wholePass('patches', rowsSpec(width, patches), 0, (graph, get) =>
            graph.slice(stacked(graph, get, features, blocks), 1, { from, to: from + patches }),
          ),
          ...projection.passes(grid),
        ],
        output: 'rows',
      };
    },
  };
}

/** The kept outputs of blocks side by side, or that of the last block. */
function stacked(graph: Graph, get: Values, features: readonly number[], blocks: number): Tensor {
  const [first, ...others] = features.map((block) => get(block === blocks ? 'hidden' : featureOf(block)));
  return others.reduce((joined, other) => graph.concat(joined, other, 0), first ?? get('hidden'));
}

function twoLayers(
  graph: Graph,
  patches: Tensor,
  first: Parameters<typeof applyLinear>[1],
  second: Parameters<typeof applyLinear>[1],
): Tensor {
  return applyLinear(graph, second, graph.unary('gelu', applyLinear(graph, first, patches)));
}

/** [columns, lines, channels] to [channels, columns, lines] */
function channelsFirst(graph: Graph, planes: Tensor): Tensor {
  return graph.cont(graph.permute(planes, 1, 2, 0, 3));
}

const halved = (length: number) => Math.ceil(length / 2);

/**
 * CogVLM (https://arxiv.org/abs/2311.03079): norms behind attention and feed-forward, a class token, and a row before and
 * one behind the picture.
 *
 *     patches, class token ─▶ blocks ─▶ matrix ─▶ norm ─▶ GELU ─▶ gated feed-forward ─▶ first row, rows, last row
 */
import { gridOf, type VisionFamily } from './encoder.ts';
import { applyLinear, applyNorm, DEFAULT_EPS, linear, multiplications, norm } from './layers.ts';
import { rowPass, rowsSpec, wholePass } from './passes.ts';
import { Tower } from './tower.ts';

export const cogvlm: VisionFamily = (source) => {
  const { weights, facts } = source;
  const tower = new Tower(source, {
    norm: 'layer',
    positions: 'table',
    classToken: 'behind',
    normPlace: 'behind',
  });
  const matrix = linear(weights, 'mm.model.fc');
  const inputNorm = norm(weights, 'mm.post_fc_norm');
  const [up, gate, down] = [linear(weights, 'mm.up'), linear(weights, 'mm.gate'), linear(weights, 'mm.down')];
  const [first, last] = [weights.tensor('v.boi'), weights.tensor('v.eoi')];
  const rowWidth = down.weight.shape[1];

  return {
    rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const rows = grid.columns * grid.lines;
      const work = multiplications(matrix, up, gate, down);
      const sizes = { width: rowWidth, rows, work, widest: 3 * up.weight.shape[1] };
      return {
        inputs: { pixels: picture.pixels },
        passes: [
          ...tower.passes(grid),
          wholePass('patches', rowsSpec(facts.width, rows), 0, (graph, get) =>
            graph.slice(get('hidden'), 1, tower.patchRows(grid)),
          ),
          rowPass('projected', 'patches', sizes, (graph, patches) => {
            const projected = applyNorm(
              graph,
              'layer',
              inputNorm,
              DEFAULT_EPS,
              graph.matmul(matrix.weight, patches),
            );
            const inner = graph.unary('gelu', projected);
            const wide = graph.gated('silu', applyLinear(graph, gate, inner), applyLinear(graph, up, inner));
            return applyLinear(graph, down, wide);
          }),
          wholePass('rows', rowsSpec(rowWidth, rows + 2), 0, (graph, get) =>
            graph.concat(graph.concat(first, get('projected'), 1), last, 1),
          ),
        ],
        output: 'rows',
      };
    },
  };
};

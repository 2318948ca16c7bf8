/**
 * MoonViT, in Kimi-VL (https://arxiv.org/abs/2504.07491): pictures of any ratio, a table of positions that is interpolated,
 * and rotation in two dimensions.
 *
 *     patches ─▶ blocks ─▶ squares of patches joined ─▶ norm of each patch ─▶ feed-forward
 */
import { gridOf, type VisionFamily } from './encoder.ts';
import { applyFeedForward, applyNorm, DEFAULT_EPS, linear, multiplications, norm } from './layers.ts';
import { mergedRows, mergePatches } from './merge.ts';
import { rowPass, rowsSpec, wholePass } from './passes.ts';
import { planePositions, rotateInPlane } from './rope.ts';
import { Tower } from './tower.ts';

export const kimivl: VisionFamily = (source) => {
  const { weights, facts } = source;
  const rope = { base: facts.ropeBase, first: 'column', second: 'line', alternating: false };
  const tower = new Tower(source, {
    norm: 'layer',
    positions: 'interpolated',
    rotate: (graph, heads, get, rows) => rotateInPlane(graph, heads, get, rows, rope),
  });
  const inputNorm = norm(weights, 'mm.input_norm');
  const layers = { up: linear(weights, 'mm.1'), down: linear(weights, 'mm.2') };
  const rowWidth = layers.down.weight.shape[1];
  const square = facts.mergeSize ** 2;
  const mergedWidth = facts.width * square;

  return {
    rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      const rows = mergedRows(grid, facts.mergeSize);
      const work = multiplications(layers.up, layers.down);
      const sizes = { width: rowWidth, rows, work, widest: Math.max(mergedWidth, layers.up.weight.shape[1]) };
      return {
        inputs: { pixels: picture.pixels, ...planePositions(grid) },
        passes: [
          ...tower.passes(grid),
          wholePass('merged', rowsSpec(mergedWidth, rows), 0, (graph, get) =>
            mergePatches(graph, get('hidden'), grid, facts.mergeSize),
          ),
          rowPass('rows', 'merged', sizes, (graph, merged) => {
            const patches = graph.reshape(merged, facts.width, merged.shape[1] * square);
            const normed = applyNorm(graph, 'layer', inputNorm, DEFAULT_EPS, patches);
            return applyFeedForward(
              graph,
              layers,
              'gelu',
              graph.reshape(normed, mergedWidth, merged.shape[1]),
            );
          }),
        ],
        output: 'rows',
      };
    },
  };
};

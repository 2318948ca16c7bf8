/**
 * MiniCPM-V (https://arxiv.org/abs/2408.01800): SigLIP for tiles of any proportions, and a resampler, in which a fixed number
 * of learned queries attends to all patches:
 *
 *     patches ─▶ blocks ─▶ matrix ─▶ norm ─▶ values, and with positions keys ─▶ attention of the queries ─▶ norm ─▶ matrix ─▶ rows
 */
import { elementTypes } from '../graph/ggml.ts';
import type { InputValue, Pass } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { attention, type BlockOptions, storedForm, storedSpecs } from './blocks.ts';
import { type Grid, gridOf, type Source, type VisionEncoder, type VisionFamily } from './encoder.ts';
import { applyLinear, applyNorm, type Linear, linear, multiplications, type Norm, norm } from './layers.ts';
import { rowsSpec, wholePass } from './passes.ts';
import { placedTower } from './placed-tower.ts';
import { planePositions } from './rope.ts';

/** The table of positions is for a square of so many places per side, to which other proportions are stretched. */
const TABLE_SIDE = 70;
/** Values per head of the resampler. */
const HEAD_WIDTH = 128;
const FREQUENCY_BASE = 10_000;
const FLOAT_BYTES = 4;

export const minicpmv: VisionFamily = (source) => {
  const { weights, facts } = source;
  const table = weights.tensor('v.position_embd.weight');
  const tower = placedTower(source, {
    norm: 'layer',
    place: (graph, rows, get, range) =>
      graph.add(rows, graph.getRows(table, graph.slice(get('place'), 0, range))),
  });
  const resampler = new Resampler(source);
  return {
    rowWidth: resampler.rowWidth,
    program: (picture) => {
      const grid = gridOf(picture, facts.patchSize);
      return {
        inputs: { pixels: picture.pixels, place: tablePlaces(grid), ...resampler.inputs(grid) },
        passes: [...tower(grid), ...resampler.passes(grid)],
        output: 'rows',
      };
    },
  } satisfies VisionEncoder;
};

function tablePlaces({ columns, lines }: Grid): InputValue {
  const data = Int32Array.from({ length: columns * lines }, (_, patch) => {
    const line = Math.floor((TABLE_SIDE * Math.floor(patch / columns)) / lines);
    const column = Math.floor((TABLE_SIDE * (patch % columns)) / columns);
    return line * TABLE_SIDE + column;
  });
  return { shape: [data.length], data };
}

class Resampler {
  readonly rowWidth: number;
  readonly #source: Source;
  readonly #query: Tensor;
  readonly #heads: number;
  readonly #matrix: Linear;
  readonly #toQuery: Linear;
  readonly #toKey: Linear;
  readonly #toValue: Linear;
  readonly #output: Linear;
  readonly #queryNorm: Norm;
  readonly #valueNorm: Norm;
  readonly #lastNorm: Norm;
  readonly #last: Linear;

  constructor(source: Source) {
    const { weights } = source;
    this.#source = source;
    this.#query = weights.tensor('resampler.query');
    this.#matrix = linear(weights, 'resampler.kv');
    this.#toQuery = linear(weights, 'resampler.attn.q');
    this.#toKey = linear(weights, 'resampler.attn.k');
    this.#toValue = linear(weights, 'resampler.attn.v');
    this.#output = linear(weights, 'resampler.attn.out');
    this.#queryNorm = norm(weights, 'resampler.ln_q');
    this.#valueNorm = norm(weights, 'resampler.ln_kv');
    this.#lastNorm = norm(weights, 'resampler.ln_post');
    this.#last = linear(weights, 'resampler.proj');
    this.rowWidth = this.#query.shape[0];
    this.#heads = Math.floor(this.rowWidth / HEAD_WIDTH);
  }

  inputs(grid: Grid): Record<string, InputValue> {
    return {
      ...planePositions(grid),
      columns: waves(grid.columns, this.rowWidth),
      lines: waves(grid.lines, this.rowWidth),
    };
  }

  /** From the value `hidden` to `rows`. */
  passes({ columns, lines }: Grid): Pass[] {
    const patches = columns * lines;
    return [this.#keysPass(patches), this.#queryPass(), this.#rowsPass(patches)];
  }

  #keysPass(patches: number): Pass {
    const { flash, facts } = this.#source;
    return {
      kind: 'resample keys',
      rows: patches,
      work: multiplications(this.#matrix, this.#toKey, this.#toValue),
      rowBytes: FLOAT_BYTES * 10 * this.rowWidth,
      writes: storedSpecs(HEAD_WIDTH, patches, this.#heads, flash),
      drops: ['hidden'],
      build: (graph, get, range) => {
        const hidden = graph.slice(get('hidden'), 1, range);
        const projected = applyLinear(graph, this.#matrix, hidden);
        const values = applyNorm(graph, 'layer', this.#valueNorm, facts.eps, projected);
        const byColumn = graph.getRows(get('columns'), graph.slice(get('column'), 0, range));
        const byLine = graph.getRows(get('lines'), graph.slice(get('line'), 0, range));
        const keys = graph.add(values, graph.concat(byColumn, byLine, 0));
        const inHeads = (rows: Tensor) => graph.reshape(rows, HEAD_WIDTH, this.#heads, range.to - range.from);
        return storedForm(
          graph,
          inHeads(applyLinear(graph, this.#toKey, keys)),
          inHeads(applyLinear(graph, this.#toValue, values)),
          flash,
        );
      },
    };
  }

  /** The queries are learned: the same for every picture. */
  #queryPass(): Pass {
    const [, queries] = this.#query.shape;
    const shape = [HEAD_WIDTH, this.#heads, queries];
    return {
      kind: 'resample queries',
      rows: 1,
      work: queries * multiplications(this.#toQuery),
      rowBytes: FLOAT_BYTES * 4 * this.rowWidth * queries,
      writes: { query: { shape, type: elementTypes.f32, rowAxis: 2 } },
      build: (graph) => {
        const { eps } = this.#source.facts;
        const rows = applyNorm(graph, 'layer', this.#queryNorm, eps, this.#query);
        return { query: graph.reshape(applyLinear(graph, this.#toQuery, rows), ...shape) };
      },
    };
  }

  #rowsPass(patches: number): Pass {
    const { facts, flash } = this.#source;
    const [, queries] = this.#query.shape;
    const options: BlockOptions = {
      rows: queries,
      width: this.rowWidth,
      heads: this.#heads,
      headsKv: this.#heads,
      headWidth: HEAD_WIDTH,
      eps: facts.eps,
      norm: 'layer',
      activation: facts.activation,
      flash,
    };
    const work = queries * (2 * patches * this.rowWidth + multiplications(this.#output, this.#last));
    return wholePass('rows', rowsSpec(this.rowWidth, queries), work, (graph, get) => {
      const mixed = attention(graph, get, { from: 0, to: queries }, options);
      const rows = applyNorm(
        graph,
        'layer',
        this.#lastNorm,
        facts.eps,
        applyLinear(graph, this.#output, mixed),
      );
      return applyLinear(graph, this.#last, rows);
    });
  }
}

/** Sines and cosines of so many positions, half of the width of a row: [width / 2, positions]. */
function waves(positions: number, width: number): InputValue {
  const { fround } = Math;
  const quarter = width / 4;
  const data = new Float32Array(2 * quarter * positions);
  for (let index = 0; index < quarter; index++) {
    const frequency = fround(1 / fround(FREQUENCY_BASE ** fround(index / quarter)));
    for (let position = 0; position < positions; position++) {
      const angle = fround(frequency * position);
      data[position * 2 * quarter + index] = Math.sin(angle);
      data[position * 2 * quarter + quarter + index] = Math.cos(angle);
    }
  }
  return { shape: [2 * quarter, positions], data };
}

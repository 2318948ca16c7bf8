/**
 * Whisper's encoder (https://arxiv.org/abs/2212.04356) and the projectors behind it:
 *
 *     ultravox     rows joined ─▶ norm ─▶ gated feed-forward with a norm inside
 *     voxtral      mean of two rows ─▶ rows joined ─▶ feed-forward
 *     qwen2a       mean of two rows ─▶ matrix
 */
import { OllamaError } from '../../base/errors.ts';
import { audioRows } from '../../media/layouts/audio-rows.ts';
import type { Graph } from '../graph/graph.ts';
import type { RowRange } from '../graph/graph-base.ts';
import type { InputValue, Pass, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { hiddenSpec } from '../vision/blocks.ts';
import { applyFeedForward, applyLinear, applyNorm, linear, multiplications } from '../vision/layers.ts';
import { rowPass, rowsSpec, wholePass } from '../vision/passes.ts';
import { AudioBlocks } from './audio-blocks.ts';
import type { AudioEncoder, AudioFamily, AudioSource, Sound } from './encoder.ts';

const FLOAT_BYTES = 4;
/** Frames of 30 s, which every piece has. */
const PIECE_FRAMES = 3000;
/** Length of the kernels of both convolutions; each sees one frame to the left and one to the right. */
const KERNEL = 3;
/** Frames from one row to the next. */
const STRIDE = 2;
/** In the norms of Ultravox's projector. */
const ULTRAVOX_EPS = 1e-6;

/** The two convolutions over the frames, and the table of positions. */
class Convolutions {
  readonly #source: AudioSource;
  readonly #first;
  readonly #second;
  readonly #positions: Tensor;

  constructor(source: AudioSource) {
    const { weights } = source;
    this.#source = source;
    this.#first = linear(weights, 'a.conv1d.1');
    this.#second = linear(weights, 'a.conv1d.2');
    this.#positions = weights.tensor('a.position_embd.weight');
  }

  /** Frames with one of silence on either side, so that no part needs to know whether it is at an end. */
  input({ frames, bins, mel }: Sound): InputValue {
    const length = frames + KERNEL - 1;
    const data = new Float32Array(length * bins);
    for (let bin = 0; bin < bins; bin++) {
      data.set(mel.subarray(bin * frames, (bin + 1) * frames), bin * length + 1);
    }
    return { shape: [length, bins], data };
  }

  /** From the input `mel` to the value `hidden` [width, frames / 2]. */
  pass(rows: number): Pass {
    const { width, melBins } = this.#source.facts;
    if (this.#positions.shape[1] < rows)
      throw new OllamaError(
        'load-failed',
        `the projector has ${this.#positions.shape[1]} positions, and ${rows} are needed`,
      );
    return {
      kind: 'convolve',
      rows,
      work: KERNEL * width * (STRIDE * melBins + width),
      rowBytes: FLOAT_BYTES * (STRIDE * KERNEL * melBins + 2 * KERNEL * width + 6 * width),
      writes: { hidden: hiddenSpec(width, rows) },
      drops: ['mel'],
      build: (graph, get, range) => ({ hidden: this.#convolve(graph, get, range) }),
    };
  }

  #convolve(graph: Graph, get: Values, { from, to }: RowRange): Tensor {
    // The rows of the first convolution that the second one sees; before the very first there is nothing.
    const start = Math.max(0, STRIDE * from - 1);
    const frames = graph.cont(graph.slice(get('mel'), 0, { from: start, to: STRIDE * to + KERNEL - 1 }));
    let first = graph.conv1d(this.#first.weight, frames, { stride: 1 });
    first = graph.activation('gelu-erf', withBias(graph, first, this.#first.bias));
    if (from === 0) first = graph.padAround(first, 1, 0);
    let second = graph.conv1d(this.#second.weight, first, { stride: STRIDE });
    second = graph.activation('gelu-erf', withBias(graph, second, this.#second.bias));
    const rows = graph.cont(graph.transpose(second));
    return graph.add(rows, graph.slice(this.#positions, 1, { from, to }));
  }
}

/** The bias of a convolution has one value per channel, which is dimension 1: [1, channels]. */
function withBias(graph: Graph, a: Tensor, bias: Tensor | undefined): Tensor {
  return bias ? graph.add(a, graph.reshape(bias, 1, bias.elements)) : a;
}

type Head = (rows: number, from: string) => Pass[];

/** @param isPooled whether the mean of two neighboring rows is taken before the last norm */
function whisper(source: AudioSource, { isPooled, rowWidth, head }: WhisperOptions): AudioEncoder {
  const { facts } = source;
  const convolutions = new Convolutions(source);
  const blocks = new AudioBlocks(source);
  return {
    rowWidth,
    sampleFrames: PIECE_FRAMES,
    program: (sound) => {
      if (sound.frames % (2 * STRIDE) !== 0)
        throw new OllamaError('runner-failed', `sound of ${sound.frames} frames cannot be encoded`);
      const rows = sound.frames / STRIDE;
      const normed = isPooled ? rows / 2 : rows;
      return {
        inputs: { mel: convolutions.input(sound) },
        passes: [
          convolutions.pass(rows),
          ...blocks.passes(rows),
          ...(isPooled ? [poolPass(facts.width, normed)] : []),
          blocks.normPass('normed', isPooled ? 'pooled' : 'hidden', normed),
          ...head(audioRows(sound.frames, facts), 'normed'),
        ],
        output: 'rows',
      };
    },
  };
}

interface WhisperOptions {
  readonly isPooled: boolean;
  readonly rowWidth: number;
  readonly head: Head;
}

function poolPass(width: number, rows: number): Pass {
  return wholePass('pooled', rowsSpec(width, rows), 0, (graph, get) => {
    const channels = graph.cont(graph.transpose(get('hidden')));
    return graph.cont(graph.transpose(graph.averagePool1d(channels, 2)));
  });
}

/** Joins neighboring rows to one: [width x factor, rows]. */
function stackPass({ facts }: AudioSource, from: string, rows: number): Pass {
  const { width, stackFactor } = facts;
  return wholePass('stacked', rowsSpec(width * stackFactor, rows), 0, (graph, get) => {
    const all = get(from);
    const needed = rows * stackFactor;
    const enough = all.shape[1] < needed ? graph.pad(all, 0, needed - all.shape[1]) : all;
    return graph.cont(graph.slice(enough, 1, { from: 0, to: needed }), width * stackFactor, rows);
  });
}

/** @throws OllamaError `load-failed` */
function requireStack({ facts }: AudioSource): void {
  if (facts.stackFactor < 1)
    throw new OllamaError(
      'load-failed',
      'this projector cannot be used: clip.audio.projector.stack_factor is missing',
    );
}

export const ultravox: AudioFamily = (source) => {
  const { weights } = source;
  requireStack(source);
  const up = linear(weights, 'mm.a.mlp.1');
  const down = linear(weights, 'mm.a.mlp.2');
  const before = { weight: weights.tensor('mm.a.norm_pre.weight'), bias: undefined };
  const between = { weight: weights.tensor('mm.a.norm_mid.weight'), bias: undefined };
  const [, rowWidth] = down.weight.shape;
  const [joined, wide] = up.weight.shape;
  const half = wide / 2;
  const sizes = { width: rowWidth, work: multiplications(up, down), widest: Math.max(joined, 2 * wide) };
  const head: Head = (rows, from) => [
    stackPass(source, from, rows),
    rowPass('rows', 'stacked', { ...sizes, rows }, (graph, stacked) => {
      const inner = graph.matmul(up.weight, applyNorm(graph, 'rms', before, ULTRAVOX_EPS, stacked));
      const part = (first: number) => graph.cont(graph.slice(inner, 0, { from: first, to: first + half }));
      // Unlike elsewhere, the second half passes through the activation.
      const gated = graph.gated('silu', part(half), part(0));
      return graph.matmul(down.weight, applyNorm(graph, 'rms', between, ULTRAVOX_EPS, gated));
    }),
  ];
  return whisper(source, { isPooled: false, rowWidth, head });
};

export const voxtral: AudioFamily = (source) => {
  requireStack(source);
  const layers = { up: linear(source.weights, 'mm.a.mlp.1'), down: linear(source.weights, 'mm.a.mlp.2') };
  const { up, down } = layers;
  const [, rowWidth] = down.weight.shape;
  const [joined, wide] = up.weight.shape;
  const sizes = { width: rowWidth, work: multiplications(up, down), widest: Math.max(joined, wide) };
  const head: Head = (rows, from) => [
    stackPass(source, from, rows),
    rowPass('rows', 'stacked', { ...sizes, rows }, (graph, stacked) =>
      applyFeedForward(graph, layers, 'gelu-erf', stacked),
    ),
  ];
  return whisper(source, { isPooled: true, rowWidth, head });
};

export const qwen2Audio: AudioFamily = (source) => {
  const matrix = linear(source.weights, 'mm.a.fc');
  const [widest, rowWidth] = matrix.weight.shape;
  const sizes = { width: rowWidth, work: multiplications(matrix), widest };
  const head: Head = (rows, from) => [
    rowPass('rows', from, { ...sizes, rows }, (graph, normed) => applyLinear(graph, matrix, normed)),
  ];
  return whisper(source, { isPooled: true, rowWidth, head });
};

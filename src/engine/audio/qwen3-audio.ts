/**
 * The encoder of Qwen 3 (https://arxiv.org/abs/2509.17765, section 2.2): three convolutions over squares of time and frequency,
 * one second at a time, then Whisper's blocks over up to eight seconds.
 */
import { OllamaError } from '../../base/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Pass, Values } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { hiddenSpec } from '../vision/blocks.ts';
import { applyFeedForward, applyLinear, type Linear, linear, multiplications } from '../vision/layers.ts';
import { rowPass } from '../vision/passes.ts';
import { AudioBlocks } from './audio-blocks.ts';
import type { AudioFamily, AudioSource } from './encoder.ts';

const FLOAT_BYTES = 4;
/** Frames of one second, which are convolved apart from the others. */
const CHUNK = 100;
/** Rows of a second: its frames, halved three times and rounded up. */
const CHUNK_ROWS = 13;
const CONVOLUTIONS = 3;
const KERNEL_SIZE = 9;

/** Rows or bins behind one more convolution. */
const halved = (length: number) => Math.ceil(length / 2);

class Convolutions {
  readonly #source: AudioSource;
  readonly #kernels: readonly Linear[];
  readonly #output: Linear;
  readonly #positions: Tensor;

  constructor(source: AudioSource) {
    const { weights } = source;
    this.#source = source;
    this.#kernels = Array.from({ length: CONVOLUTIONS }, (_, index) =>
      linear(weights, `a.conv2d.${index + 1}`),
    );
    this.#output = linear(weights, 'a.conv_out');
    this.#positions = weights.tensor('a.position_embd.weight');
  }

  /** From the input `mel` to the value `hidden`, a second at a time. */
  pass(chunks: number): Pass {
    const { width, melBins } = this.#source.facts;
    if (this.#positions.shape[1] < CHUNK_ROWS)
      throw new OllamaError('load-failed', `the projector has too few positions for ${CHUNK_ROWS} rows`);
    return {
      kind: 'convolve',
      rows: chunks,
      work: this.#work(),
      rowBytes: FLOAT_BYTES * KERNEL_SIZE * CHUNK * melBins * (this.#kernels[0]?.weight.shape[3] ?? 1),
      writes: { hidden: hiddenSpec(width, chunks * CHUNK_ROWS) },
      drops: ['mel'],
      build: (graph, get, { from, to }) => ({
        hidden: this.#convolve(graph, get, from * CHUNK, to - from),
      }),
    };
  }

  /** Multiplications for one second. */
  #work(): number {
    let [frames, bins, sum] = [CHUNK, this.#source.facts.melBins, 0];
    for (const { weight } of this.#kernels) {
      [frames, bins] = [halved(frames), halved(bins)];
      sum += frames * bins * weight.elements;
    }
    return sum + CHUNK_ROWS * this.#output.weight.elements;
  }

  #convolve(graph: Graph, get: Values, first: number, chunks: number): Tensor {
    const mel = get('mel');
    const [element, bin] = mel.strides;
    const view = graph.view(mel, {
      shape: [CHUNK, mel.shape[1], 1, chunks],
      strides: [bin, CHUNK * element, CHUNK * element],
      offset: first * element,
    });
    let planes = graph.cont(view);
    for (const { weight, bias } of this.#kernels) {
      planes = graph.conv2d(weight, planes, { stride: 2, padding: 1 });
      if (bias) planes = graph.add(planes, graph.reshape(bias, 1, 1, bias.elements));
      planes = graph.activation('gelu-erf', planes);
    }
    // [time, bins, channels, chunks] becomes a row of bins and channels for each time.
    const [times, bins, channels] = planes.shape;
    const rows = graph.cont(graph.permute(planes, 2, 0, 1, 3), bins * channels, times * chunks);
    const positions = graph.slice(this.#positions, 1, { from: 0, to: CHUNK_ROWS });
    const joined = applyLinear(graph, this.#output, rows);
    return graph.add(joined, graph.repeat(positions, positions.shape[0], times * chunks));
  }
}

export const qwen3Audio: AudioFamily = (source) => {
  const convolutions = new Convolutions(source);
  const blocks = new AudioBlocks(source);
  const layers = { up: linear(source.weights, 'mm.a.mlp.1'), down: linear(source.weights, 'mm.a.mlp.2') };
  const { up, down } = layers;
  const [, rowWidth] = down.weight.shape;
  const [width, wide] = up.weight.shape;
  return {
    rowWidth,
    sampleFrames: CHUNK,
    program: ({ frames, bins, mel }) => {
      const chunks = frames / CHUNK;
      if (!Number.isInteger(chunks) || chunks < 1)
        throw new OllamaError('runner-failed', `sound of ${frames} frames is not in whole seconds`);
      const rows = chunks * CHUNK_ROWS;
      const sizes = { width: rowWidth, rows, work: multiplications(up, down), widest: Math.max(width, wide) };
      return {
        inputs: { mel: { shape: [frames, bins], data: mel } },
        passes: [
          convolutions.pass(chunks),
          ...blocks.passes(rows),
          blocks.normPass('normed', 'hidden', rows),
          rowPass('rows', 'normed', sizes, (graph, normed) =>
            applyFeedForward(graph, layers, 'gelu-erf', normed),
          ),
        ],
        output: 'rows',
      };
    },
  };
};

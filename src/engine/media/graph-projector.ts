import { OllamaError } from '../../base/errors.ts';
import type { MediaKind, MediaPiece } from '../../protocol/media.ts';
import { Backends } from '../graph/backends.ts';
import { checkProgram } from '../graph/check-program.ts';
import type { Ggml } from '../graph/ggml.ts';
import { Pace } from '../graph/pace.ts';
import type { Program } from '../graph/program.ts';
import type { StageLimits } from '../graph/stage-plan.ts';
import { StageThreads } from '../graph/stage-threads.ts';
import { type Pause, type RunParts, type RunReport, runInStages } from '../graph/staged-run.ts';
import { type StoredTensor, Weights } from '../graph/weights.ts';
import type { Projector, ProjectorOptions } from './projector.ts';

/** The encoder of one kind of media, once its weights are declared. */
export interface PieceEncoder {
  /** Values per row. */
  readonly rowWidth: number;
  /**
   * What is to be computed for one piece.
   * @throws OllamaError `runner-failed` for a piece of an impossible size
   */
  program(piece: MediaPiece, data: Uint8Array): Program;
  /** A piece of a usual size, to check at load that the tensors fit together. */
  readonly sample: { readonly piece: MediaPiece; readonly data: Uint8Array };
}

/** Declares the weights of an encoder. @param flash whether attention is one operation */
export type DeclareEncoder = (weights: Weights, flash: boolean) => PieceEncoder;

/** What is known of a projector before it is loaded. */
export interface ProjectorTraits {
  readonly isBidirectional: boolean;
  readonly mostTokens: number;
  readonly bufferBytes: number;
}

export interface GraphProjectorOptions extends ProjectorOptions {
  /** Absent = what is faster: on for GPUs, off for CPUs. */
  readonly flash?: boolean;
  readonly limits: StageLimits;
}

interface Parts {
  readonly encoders: ReadonlyMap<MediaKind, PieceEncoder>;
  readonly weights: Weights;
  readonly run: RunParts & { readonly threads: StageThreads };
  readonly traits: ProjectorTraits;
}

/** Encoders with their weights in memory, computed as graphs of ggml. */
export class GraphProjector implements Projector {
  readonly kinds: readonly MediaKind[];
  readonly rowWidth: number;
  readonly isBidirectional: boolean;
  readonly mostTokens: number;
  readonly weightBytes: number;
  readonly bufferBytes: number;
  readonly #parts: Parts;
  #last: Promise<unknown> = Promise.resolve();
  #report: RunReport | undefined;

  private constructor(parts: Parts) {
    const { encoders, weights, traits } = parts;
    this.#parts = parts;
    this.kinds = [...encoders.keys()];
    this.rowWidth = commonWidth([...encoders.values()]);
    this.isBidirectional = traits.isBidirectional;
    this.mostTokens = traits.mostTokens;
    this.bufferBytes = traits.bufferBytes;
    this.weightBytes = weights.bytes;
  }

  /**
   * Declares what the encoders need, reads it, and checks that it fits together.
   * @throws OllamaError `load-failed` when the file lacks tensors, or they do not fit; system errors of reading
   */
  static async load(
    ggml: Ggml,
    file: { readonly path: string; readonly tensors: ReadonlyMap<string, StoredTensor> },
    declare: ReadonlyMap<MediaKind, DeclareEncoder>,
    traits: ProjectorTraits,
    { threads, gpu, flash, limits }: GraphProjectorOptions,
  ): Promise<GraphProjector> {
    const backends = new Backends(ggml, { threads, ...(gpu !== undefined && { gpu }) });
    const weights = new Weights(ggml, file.tensors);
    try {
      const encoders = new Map<MediaKind, PieceEncoder>();
      for (const [kind, make] of declare) encoders.set(kind, make(weights, flash ?? backends.onGpu));
      await weights.load(file.path, backends.main);
      // Only now, because some passes depend on numbers that are tensors.
      for (const { program, sample } of encoders.values())
        checkProgram(ggml, program(sample.piece, sample.data));
      const stageThreads = new StageThreads(backends, threads);
      const run = {
        ggml,
        backends,
        pace: new Pace(),
        threads: stageThreads,
        limits,
        now: () => performance.now(),
      };
      return new GraphProjector({ encoders, weights, run, traits });
    } catch (error) {
      weights.free();
      backends.free();
      throw error;
    }
  }

  /** What the last encoding took; undefined before the first. */
  get report(): RunReport | undefined {
    return this.#report;
  }

  /** Encodes pieces one after the other, because a backend computes one graph at a time. */
  encode(piece: MediaPiece, data: Uint8Array, pause: Pause): Promise<Float32Array> {
    const turn = this.#last.then(() => this.#encodeNow(piece, data, pause));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #encodeNow(piece: MediaPiece, data: Uint8Array, pause: Pause): Promise<Float32Array> {
    const encoder = this.#parts.encoders.get(piece.kind);
    if (!encoder) throw new OllamaError('runner-failed', `this model does not take ${piece.kind}`);
    const program = encoder.program(piece, data);
    this.#parts.run.threads.begin();
    const { rows, report } = await runInStages(program, this.#parts.run, pause);
    this.#report = report;
    if (rows.length === piece.tokens * this.rowWidth) return rows;
    const found = rows.length / this.rowWidth;
    throw new OllamaError(
      'runner-failed',
      `a piece of the media became ${found} rows, and ${piece.tokens} were expected`,
    );
  }

  /** Frees everything, after the running encoding if there is one. */
  free(): void {
    void this.#last.then(() => {
      this.#parts.weights.free();
      this.#parts.run.backends.free();
    });
  }
}

function commonWidth(encoders: readonly PieceEncoder[]): number {
  const [width = 0, ...others] = encoders.map((encoder) => encoder.rowWidth);
  if (others.every((other) => other === width)) return width;
  throw new OllamaError('load-failed', 'the encoders of pictures and of sound make rows of different widths');
}

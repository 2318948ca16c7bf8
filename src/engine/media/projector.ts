/** The encoder of pictures or sound: what the engine expects of it, whichever family it is. */
import type { MediaKind, MediaPiece } from '../../protocol/media.ts';
import type { Pause } from '../graph/staged-run.ts';
import type { Libraries } from '../native/libraries.ts';

export interface Projector {
  readonly kinds: readonly MediaKind[];
  /** Number of values in one row (with deep-stack rows: model width x (1 + layers)). */
  readonly rowWidth: number;
  /** Whether rows of one piece attend to each other in both directions. */
  readonly isBidirectional: boolean;
  /** Maximum number of tokens of one piece; the context's batch is made to hold it where rows are bidirectional. */
  readonly mostTokens: number;
  /** Bytes of weights and the most that a piece's buffers may take. */
  readonly weightBytes: number;
  readonly bufferBytes: number;
  /**
   * Encodes one piece: rows x rowWidth values. The work is cut into stages of bounded cost. Between two of them it awaits
   * `pause`, where the batch loop computes a step of other streams, and which throws when the request was canceled. While there are
   * none, stages are longer.
   */
  encode(piece: MediaPiece, data: Uint8Array, pause: Pause): Promise<Float32Array>;
  free(): void;
}

export interface ProjectorOptions {
  readonly threads: number;
  /** ggml's name of the GPU that holds all of it; absent = the CPU computes it. */
  readonly gpu?: string;
}

/** Makes the function that loads projectors, once the libraries are loaded. */
export type CreateLoadProjector = (libraries: Libraries) => LoadProjector;

/** @throws OllamaError `invalid-request` naming the supported types, for a projector of another type */
export type LoadProjector = (path: string, options: ProjectorOptions) => Promise<Projector>;

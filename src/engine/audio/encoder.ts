/** What the families of encoders of sound have in common: what they are made from and what they make. */
import type { AudioFacts } from '../../gguf/projector/audio-facts.ts';
import type { Program } from '../graph/program.ts';
import type { Weights } from '../graph/weights.ts';

/** Where everything of an encoder comes from. */
export interface AudioSource {
  readonly weights: Weights;
  readonly facts: AudioFacts;
  /** Whether attention is one operation (flash attention). */
  readonly flash: boolean;
}

/** One piece to encode: a mel spectrogram, `bins` rows of `frames` values. */
export interface Sound {
  readonly frames: number;
  readonly bins: number;
  readonly mel: Float32Array;
}

export interface AudioEncoder {
  /** Values per row. */
  readonly rowWidth: number;
  /** Frames of a piece of a usual length. */
  readonly sampleFrames: number;
  /** @throws OllamaError `load-failed` when the file's tensors do not fit together */
  program(sound: Sound): Program;
}

/** Declares the weights of a family and returns its encoder. */
export type AudioFamily = (source: AudioSource) => AudioEncoder;

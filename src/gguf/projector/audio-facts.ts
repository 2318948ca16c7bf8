import { metadataNumber } from '../metadata.ts';
import { type Activation, activationOf } from './image-facts.ts';
import type { ProjectorType } from './projector-types.ts';
import type { ProjectorView } from './projector-view.ts';

/** The encoder of sound. Numbers that the file lacks are 0. */
export interface AudioFacts {
  /** Undefined for a type that llama.cpp does not know. */
  readonly type: ProjectorType | undefined;
  readonly melBins: number;
  readonly width: number;
  readonly heads: number;
  readonly blocks: number;
  readonly feedForward: number;
  /** Added to a variance before its root is taken. */
  readonly eps: number;
  readonly activation: Activation;
  readonly projectionWidth: number;
  /** Neighbouring frames that become one row. */
  readonly stackFactor: number;
}

/** Gemma 4's converter wrote another value than the models have (clip.cpp). */
const GEMMA4_EPS = 1e-6;

/** Reads the keys `clip.audio.*`. Never throws. */
export function audioFacts({ metadata }: ProjectorView, type: ProjectorType | undefined): AudioFacts {
  const number = (key: string) => metadataNumber(metadata, `clip.audio.${key}`) ?? 0;
  return {
    type,
    melBins: number('num_mel_bins'),
    width: number('embedding_length'),
    heads: number('attention.head_count'),
    blocks: number('block_count'),
    feedForward: number('feed_forward_length'),
    eps: type === 'gemma4a' ? GEMMA4_EPS : number('attention.layer_norm_epsilon'),
    activation: activationOf(metadata),
    projectionWidth: number('projection_dim'),
    stackFactor: number('projector.stack_factor'),
  };
}

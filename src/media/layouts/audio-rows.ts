import type { AudioFacts } from '../../gguf/projector/audio-facts.ts';
import type { ProjectorType } from '../../gguf/projector/projector-types.ts';

type Rows = (frames: number, facts: AudioFacts) => number;

/** Whisper's second convolution halves the frames, and its last layer halves them again in some families. */
const CONVOLVED = 2;
const POOLED = 4;
/** Frames that Qwen 3's encoder convolves together, and the rows that come out. */
const QWEN3_FRAMES = 100;
const QWEN3_ROWS = 13;

/** Neighboring rows are joined. What remains of them is dropped, as llama.cpp's tool does. */
const stacked =
  (divisor: number): Rows =>
  (frames, { stackFactor }) =>
    Math.floor(Math.ceil(frames / Math.max(1, stackFactor)) / divisor);

const rowsByType: Partial<Record<ProjectorType, Rows>> = {
  ultravox: stacked(CONVOLVED),
  voxtral: stacked(POOLED),
  qwen2a: (frames) => Math.floor(frames / POOLED),
  qwen3a: (frames) => Math.floor(frames / QWEN3_FRAMES) * QWEN3_ROWS,
  // Two convolutions, each of which halves and rounds up.
  gemma4a: (frames) => Math.ceil(Math.ceil(frames / 2) / 2),
};

/**
 * The number of rows that a piece of sound becomes (`clip_n_output_tokens` in tools/mtmd/clip.cpp of the shipped llama.cpp).
 * @returns 0 for a type whose sound cannot be prepared
 */
export function audioRows(frames: number, facts: AudioFacts): number {
  return (facts.type && rowsByType[facts.type]?.(frames, facts)) ?? 0;
}

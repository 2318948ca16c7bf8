/** The mel spectrograms that audio encoders were trained with, in the pieces that they take. Sound is at 16 kHz. */
import { melFilters } from './mel-filters.ts';
import { framesOf, hannWindow, type MelSpectrum, melSpectrum } from './mel-spectrum.ts';

/** Samples per second that all families here take. */
export const ENCODER_RATE = 16_000;
/** Ten milliseconds. */
const HOP = 160;
const WHISPER_FFT = 400;
/** Frames of 30 s, which Whisper's encoder always takes. */
const WHISPER_FRAMES = 3000;
const WHISPER_SAMPLES = WHISPER_FRAMES * HOP;
/** 2^-24: what llama.cpp's tool takes for silence, where Whisper has 1e-10; both lie below the clamp of sound. */
const SILENCE = 2 ** -24;
/** Logarithms further than this below the strongest are raised to it. */
const RANGE = 8;

/**
 * Whisper's spectrogram (its `log_mel_spectrogram`): power in 80 or 128 bins on Slaney's scale, as decimal logarithms, clamped
 * to 80 dB below the strongest of the whole sound. The sound is mirrored at its start, and followed by silence.
 * @returns pieces of 30 s; the last one is filled up with silence
 */
export function whisperMel(samples: Float32Array, bins: number): MelSpectrum[] {
  const pieces = Math.max(1, Math.ceil(samples.length / WHISPER_SAMPLES));
  const padded = new Float32Array(WHISPER_FFT + (pieces * WHISPER_FRAMES - 1) * HOP);
  padded.set(samples.subarray(0, padded.length - WHISPER_FFT / 2), WHISPER_FFT / 2);
  mirrorStart(padded, samples);
  const spectrum = scaled(melSpectrum(padded, whisperOptions(bins)));
  return Array.from({ length: pieces }, (_, piece) =>
    framesOf(spectrum, piece * WHISPER_FRAMES, WHISPER_FRAMES),
  );
}

/** Frames that Qwen 3's encoder convolves together, and those that attend to each other. */
const QWEN3_CHUNK = 100;
const QWEN3_WINDOW = 800;

/**
 * Whisper's spectrogram for Qwen 3's audio encoder: mirrored at both ends, and not filled up to 30 s.
 * @returns pieces of up to 8 s, filled up with zeros to a multiple of one second
 */
export function qwen3Mel(samples: Float32Array, bins: number): MelSpectrum[] {
  const half = WHISPER_FFT / 2;
  const padded = new Float32Array(samples.length + WHISPER_FFT);
  padded.set(samples, half);
  mirrorStart(padded, samples);
  for (let index = 0; index < half; index++)
    padded[half + samples.length + index] = samples[samples.length - 2 - index] ?? 0;
  const spectrum = scaled(melSpectrum(padded, whisperOptions(bins)));
  const pieces: MelSpectrum[] = [];
  for (let first = 0; first < spectrum.frames; first += QWEN3_WINDOW) {
    const frames = Math.min(QWEN3_WINDOW, spectrum.frames - first);
    pieces.push(framesOf(spectrum, first, Math.ceil(frames / QWEN3_CHUNK) * QWEN3_CHUNK));
  }
  return pieces;
}

const GEMMA4_FFT = 512;
/** Twenty milliseconds. */
const GEMMA4_WINDOW = 320;
const GEMMA4_FLOOR = 0.001;
/** Samples of 30 s, which become 750 tokens: the most that the model was made for. */
const GEMMA4_SAMPLES = 30 * ENCODER_RATE;

/**
 * Gemma 4's spectrogram (`Gemma4AudioFeatureExtractor` in Hugging Face's library): magnitudes on HTK's scale, as natural
 * logarithms. Half a window of silence comes before the sound.
 * @returns pieces of up to 30 s
 */
export function gemma4Mel(samples: Float32Array, bins: number): MelSpectrum[] {
  const options = {
    window: hannWindow(GEMMA4_WINDOW, GEMMA4_FFT),
    hop: HOP,
    filters: melFilters({ scale: 'htk', hasEqualArea: false, bins, fft: GEMMA4_FFT, rate: ENCODER_RATE }),
    amount: 'magnitude',
    floor: GEMMA4_FLOOR,
    logarithm: Math.log,
  } as const;
  const pieces: MelSpectrum[] = [];
  for (let start = 0; start < samples.length; start += GEMMA4_SAMPLES) {
    const part = samples.subarray(start, start + GEMMA4_SAMPLES);
    const before = GEMMA4_WINDOW / 2;
    // A frame needs one sample more than its window, because the original can emphasize differences.
    const frames = Math.max(1, Math.trunc((part.length + before - (GEMMA4_WINDOW + 1)) / HOP) + 1);
    const padded = new Float32Array(Math.max((frames - 1) * HOP + GEMMA4_FFT, before + part.length));
    padded.set(part, before);
    pieces.push(framesOf(melSpectrum(padded, options), 0, frames));
  }
  return pieces;
}

function whisperOptions(bins: number) {
  return {
    window: hannWindow(WHISPER_FFT, WHISPER_FFT),
    hop: HOP,
    filters: melFilters({ scale: 'slaney', hasEqualArea: true, bins, fft: WHISPER_FFT, rate: ENCODER_RATE }),
    amount: 'power',
    floor: SILENCE,
    logarithm: Math.log10,
  } as const;
}

/** The first frames lie half before the sound: they see it mirrored. */
function mirrorStart(padded: Float32Array, samples: Float32Array): void {
  const half = WHISPER_FFT / 2;
  for (let index = 0; index < half; index++) padded[index] = samples[half - index] ?? 0;
}

/** Clamps to 80 dB below the strongest value, and brings all near to -1 to 1. */
function scaled(spectrum: MelSpectrum): MelSpectrum {
  const { data } = spectrum;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of data) if (value > most) most = value;
  for (let index = 0; index < data.length; index++) {
    data[index] = (Math.max(data[index] as number, most - RANGE) + 4) / 4;
  }
  return spectrum;
}

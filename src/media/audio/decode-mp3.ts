import { MPEGDecoder } from 'mpg123-decoder';
import { checkDuration, checkSound } from '../limits.ts';
import { unusable } from '../unusable.ts';
import { joined, type Sound } from './sound.ts';

/** Bytes that are decoded at once, after which the length of the sound is checked: at most 65 s. */
const SLICE_BYTES = 64 * 1024;

/**
 * Decodes an MP3 file, with or without tags before and behind it; its channels are averaged.
 * @throws OllamaError `invalid-request`
 */
export async function decodeMp3(bytes: Uint8Array): Promise<Sound> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    return decodeSlices(decoder, bytes);
  } finally {
    decoder.free();
  }
}

function decodeSlices(decoder: MPEGDecoder, bytes: Uint8Array): Sound {
  const pieces: Float32Array[] = [];
  let rate = 0;
  let count = 0;
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    const { channelData, samplesDecoded, sampleRate } = decoder.decode(bytes.subarray(at, at + SLICE_BYTES));
    if (samplesDecoded === 0) continue;
    if (rate === 0) checkSound('MP3', { rate: sampleRate, channels: channelData.length });
    else if (sampleRate !== rate) throw unusable('the MP3 file changes its number of samples per second');
    rate = sampleRate;
    count += samplesDecoded;
    checkDuration('MP3', count / rate);
    pieces.push(average(channelData));
  }
  if (count === 0) throw unusable('the MP3 file is damaged: it holds no sound');
  return { rate, samples: joined(pieces) };
}

function average([left = new Float32Array(), right = left]: readonly Float32Array[]): Float32Array {
  return left.map((value, index) => (value + (right[index] as number)) / 2);
}

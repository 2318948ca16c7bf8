import type { AudioFormat } from '../media-format.ts';
import { decodeMp3 } from './decode-mp3.ts';
import { decodeWav } from './decode-wav.ts';
import { decodeFlac } from './flac/decode-flac.ts';
import type { Sound } from './sound.ts';

const decoders: Readonly<Record<AudioFormat, (bytes: Uint8Array) => Sound | Promise<Sound>>> = {
  wav: decodeWav,
  mp3: decodeMp3,
  flac: decodeFlac,
};

/**
 * Decodes sound to one channel, at the rate that the file has. Runs in a worker process only: it takes up to seconds.
 * @throws OllamaError `invalid-request` with what is wrong with the file
 */
export async function decodeAudio(format: AudioFormat, bytes: Uint8Array): Promise<Sound> {
  return await decoders[format](bytes);
}

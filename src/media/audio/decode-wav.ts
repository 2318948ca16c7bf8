import { FileBytes } from '../file-bytes.ts';
import { checkDuration, checkSound } from '../limits.ts';
import type { Sound } from './sound.ts';

/** How the samples of a WAV file are kept (Microsoft's WAVEFORMATEX and WAVEFORMATEXTENSIBLE). */
interface WavFormat {
  readonly rate: number;
  readonly channels: number;
  readonly bits: number;
  readonly isFloat: boolean;
}

const HEAD_BYTES = 12;
const CHUNK_HEAD = 8;
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Where the real format stands in the extended one. */
const SUBFORMAT_AT = 24;
/** Programs that write to a pipe do not know the length in advance and write one of these. */
const unknownLengths = [0, 0xffffffff, 0x7fffffff];

/**
 * Decodes a WAV file: integers of 8, 16, 24 or 32 bits, floats of 32 or 64, any rate; channels are averaged.
 * @throws OllamaError `invalid-request`
 */
export function decodeWav(bytes: Uint8Array): Sound {
  const file = new FileBytes('WAV', bytes);
  let format: WavFormat | undefined;
  for (let at = HEAD_BYTES; at + CHUNK_HEAD <= file.length; ) {
    const name = file.name(at);
    const length = file.longLittle(at + 4);
    const start = at + CHUNK_HEAD;
    if (name === 'fmt ') format = formatAt(file, start);
    if (name === 'data') {
      if (!format) throw file.broken('has samples before their format');
      const isUnknown = unknownLengths.includes(length);
      return samplesOf(file, format, file.slice(start, isUnknown ? file.length - start : length));
    }
    at = start + length + (length % 2);
  }
  throw file.broken('has no samples');
}

function formatAt(file: FileBytes, at: number): WavFormat {
  const tag = file.shortLittle(at);
  const code = tag === EXTENSIBLE ? file.shortLittle(at + SUBFORMAT_AT) : tag;
  const format = {
    channels: file.shortLittle(at + 2),
    rate: file.longLittle(at + 4),
    bits: file.shortLittle(at + 14),
    isFloat: code === FLOAT,
  };
  checkSound('WAV', format);
  const isKnown =
    code === PCM ? [8, 16, 24, 32].includes(format.bits) : code === FLOAT && [32, 64].includes(format.bits);
  if (!isKnown) {
    const kinds = 'integers of 8, 16, 24 or 32 bits and floats of 32 or 64 are accepted';
    throw file.broken(`keeps its samples in format ${code} with ${format.bits} bits: ${kinds}`);
  }
  return format;
}

function samplesOf(file: FileBytes, format: WavFormat, data: Uint8Array): Sound {
  const { rate, channels, bits } = format;
  const bytes = bits / 8;
  const count = Math.trunc(data.length / (bytes * channels));
  checkDuration('WAV', count / rate);
  if (count === 0) throw file.broken('has no samples');
  const read = sampleReader(data, format);
  const samples = new Float32Array(count);
  for (let index = 0, at = 0; index < count; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += bytes) sum += read(at);
    samples[index] = sum / channels;
  }
  return { rate, samples };
}

/** @returns a function that reads the sample at a byte, from -1 to 1 */
function sampleReader(data: Uint8Array, { bits, isFloat }: WavFormat): (at: number) => number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (isFloat)
    return bits === 32
      ? (at) => finite(view.getFloat32(at, true))
      : (at) => finite(view.getFloat64(at, true));
  if (bits === 8) return (at) => (view.getUint8(at) - 128) / 128;
  if (bits === 16) return (at) => view.getInt16(at, true) / 2 ** 15;
  if (bits === 24) return (at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23;
  return (at) => view.getInt32(at, true) / 2 ** 31;
}

/** A single infinite sample would turn the whole spectrum into nothing. */
function finite(value: number): number {
  return Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0;
}

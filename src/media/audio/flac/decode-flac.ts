import { FileBytes } from '../../file-bytes.ts';
import { checkDuration, checkSound } from '../../limits.ts';
import { joined, type Sound } from '../sound.ts';
import { BitReader } from './bit-reader.ts';
import { readSubframe } from './subframe.ts';

interface StreamInfo {
  readonly rate: number;
  readonly channels: number;
  /** Bits of one sample. */
  readonly depth: number;
  /** Number of samples of each channel; 0 = unknown. */
  readonly total: number;
  /** Where the frames begin. */
  readonly at: number;
}

const SIGNATURE_BYTES = 4;
const BLOCK_HEAD = 4;
const STREAM_INFO_BYTES = 34;
const SYNC = 0x3ffe;
/** Bytes of the checksum behind each frame. */
const CHECKSUM_BYTES = 2;

/**
 * Decodes a FLAC file (RFC 9639) and verifies the checksum of each frame; channels are averaged.
 * @throws OllamaError `invalid-request`
 */
export function decodeFlac(bytes: Uint8Array): Sound {
  const file = new FileBytes('FLAC', bytes);
  const info = readStreamInfo(file);
  checkSound('FLAC', info);
  checkDuration('FLAC', info.total / info.rate);
  const pieces: Float32Array[] = [];
  let count = 0;
  for (let at = info.at; at < file.length && (info.total === 0 || count < info.total); ) {
    const frame = readFrame(file, at, info);
    pieces.push(frame.samples);
    count += frame.samples.length;
    checkDuration('FLAC', count / info.rate);
    at = frame.end;
  }
  if (count < info.total || count === 0) throw file.broken('ends early');
  return { rate: info.rate, samples: joined(pieces) };
}

function readStreamInfo(file: FileBytes): StreamInfo {
  const start = SIGNATURE_BYTES + BLOCK_HEAD;
  if ((file.byte(SIGNATURE_BYTES) & 0x7f) !== 0) throw file.broken('does not begin with its header');
  file.need(start, STREAM_INFO_BYTES);
  const bits = new BitReader(file.bytes, start + 10);
  const facts = {
    rate: bits.read(20),
    channels: bits.read(3) + 1,
    depth: bits.read(5) + 1,
    total: bits.read(4) * 2 ** 32 + bits.read(32),
  };
  for (let at = SIGNATURE_BYTES; ; ) {
    const isLast = (file.byte(at) & 0x80) !== 0;
    at += BLOCK_HEAD + (file.long(at) & 0xffffff);
    if (isLast) return { ...facts, at };
  }
}

interface FrameHead {
  /** Number of samples of each channel. */
  readonly length: number;
  /** 0 to 7: so many channels, less one; 8 to 10: two, of which one or both are kept as a difference. */
  readonly assignment: number;
  readonly depth: number;
}

/** @returns the samples of one frame, averaged, and where it ends */
function readFrame(file: FileBytes, at: number, info: StreamInfo) {
  const bits = new BitReader(file.bytes, at);
  const head = readHead(file, bits, info);
  const channels = head.assignment < 8 ? head.assignment + 1 : 2;
  if (channels !== info.channels) throw file.broken('changes its number of channels');
  const values = Array.from({ length: channels }, (_, channel) => {
    const samples = new Float64Array(head.length);
    readSubframe(bits, head.depth + (isDifference(head.assignment, channel) ? 1 : 0), samples);
    return samples;
  });
  bits.align();
  const end = bits.byte;
  if (file.short(end) !== checksum(file.slice(at, end - at)))
    throw file.broken('is damaged: a checksum is wrong');
  const [first = new Float64Array(), second = first] = values;
  if (head.assignment >= 8) undoDifference(head.assignment, first, second);
  return { samples: average(values, 2 ** (head.depth - 1)), end: end + CHECKSUM_BYTES };
}

/** Section 9.1: sync code, block size, rate, channels, depth, number of the frame, and what did not fit into four bits. */
function readHead(file: FileBytes, bits: BitReader, info: StreamInfo): FrameHead {
  if (bits.read(14) !== SYNC) throw file.broken('is damaged: a frame does not begin where it should');
  bits.read(2);
  const sizeCode = bits.read(4);
  const rateCode = bits.read(4);
  const assignment = bits.read(4);
  const depthCode = bits.read(3);
  bits.read(1);
  skipNumber(file, bits);
  const length = blockSize(file, bits, sizeCode);
  if (rateCode === 12) bits.read(8);
  else if (rateCode === 13 || rateCode === 14) bits.read(16);
  bits.read(8);
  bits.check();
  if (assignment > 10) throw file.broken('is damaged: its channels are assigned in an unknown way');
  const depth = [info.depth, 8, 12, undefined, 16, 20, 24, 32][depthCode];
  if (depth === undefined) throw file.broken('has samples with an unknown number of bits');
  return { length, assignment, depth };
}

/** The number of the frame, in as many bytes as UTF-8 would need. */
function skipNumber(file: FileBytes, bits: BitReader): void {
  const ones = Math.clz32((~bits.read(8) << 24) | 0x00800000);
  if (ones === 1 || ones > 7) throw file.broken('is damaged: a frame has no number');
  for (let rest = 1; rest < ones; rest++) bits.read(8);
}

function blockSize(file: FileBytes, bits: BitReader, code: number): number {
  if (code === 0) throw file.broken('is damaged: a frame has no size');
  if (code === 1) return 192;
  if (code <= 5) return 144 * 2 ** code;
  if (code === 6) return bits.read(8) + 1;
  return code === 7 ? bits.read(16) + 1 : 2 ** code;
}

/** A difference of two samples needs a bit more than they do. */
function isDifference(assignment: number, channel: number): boolean {
  return (assignment === 9 && channel === 0) || ((assignment === 8 || assignment === 10) && channel === 1);
}

/** Left and difference, difference and right, or sum and difference become left and right (section 4.2). */
function undoDifference(assignment: number, first: Float64Array, second: Float64Array): void {
  for (let index = 0; index < first.length; index++) {
    const a = first[index] as number;
    const b = second[index] as number;
    if (assignment === 8) second[index] = a - b;
    else if (assignment === 9) first[index] = a + b;
    else {
      const sum = 2 * a + Math.abs(b % 2);
      first[index] = (sum + b) / 2;
      second[index] = (sum - b) / 2;
    }
  }
}

function average(channels: readonly Float64Array[], full: number): Float32Array {
  const [first = new Float64Array()] = channels;
  const samples = new Float32Array(first.length);
  for (let index = 0; index < samples.length; index++) {
    let sum = 0;
    for (const channel of channels) sum += channel[index] as number;
    samples[index] = sum / (channels.length * full);
  }
  return samples;
}

const CRC_POLYNOMIAL = 0x8005;

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 8;
  for (let bit = 0; bit < 8; bit++)
    value = (value & 0x8000) === 0 ? value << 1 : (value << 1) ^ CRC_POLYNOMIAL;
  return value;
});

function checksum(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ (crcTable[(value >> 8) ^ byte] as number)) & 0xffff;
  return value;
}

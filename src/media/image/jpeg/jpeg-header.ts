import { FileBytes } from '../../file-bytes.ts';

/** What must be known before a JPEG file is decoded. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of one sample: 8, rarely 12. */
  readonly precision: number;
  /** 1 for gray, 3 for color, 4 for print. */
  readonly components: number;
  /** Whether the four inks are kept inverted, as Adobe's programs do. */
  readonly isInverted: boolean;
  /** The TIFF structure of the EXIF metadata. */
  readonly exif: Uint8Array | undefined;
}

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const EXIF_SEGMENT = 0xe1;
const ADOBE_SEGMENT = 0xee;
const EXIF_NAME = 'Exif\0\0';
const ADOBE_NAME = 'Adobe';
/** Codes without data: padding, restarts and the start of the file. */
const isBare = (code: number) => code === 0xff || code === 0x01 || (code >= 0xd0 && code <= 0xd8);
/** Frames of every kind, without the three codes among them that mean something else: tables and an extension. */
const isFrame = (code: number) => code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code);

interface Segment {
  readonly code: number;
  readonly data: Uint8Array;
}

/** The segments before the first scan (ITU-T T.81, annex B). */
function* segmentsOf(file: FileBytes): Generator<Segment> {
  for (let at = 2; ; ) {
    if (file.byte(at) !== 0xff) throw file.broken('is damaged: its parts do not follow each other');
    const code = file.byte(at + 1);
    if (isBare(code)) {
      at += code === 0xff ? 1 : 2;
      continue;
    }
    if (code === START_OF_SCAN || code === END_OF_IMAGE) return;
    const length = file.short(at + 2);
    yield { code, data: file.slice(at + 4, length - 2) };
    at += 2 + length;
  }
}

/** @throws OllamaError `invalid-request` when the file ends, or scans begin before there is a frame */
export function readHeader(bytes: Uint8Array): JpegHeader {
  const file = new FileBytes('JPEG', bytes);
  let frame: Frame | undefined;
  let exif: Uint8Array | undefined;
  let isInverted = false;
  for (const { code, data } of segmentsOf(file)) {
    if (isFrame(code)) {
      if (frame) throw file.broken('is damaged: it has two frames');
      frame = frameOf(new FileBytes('JPEG', data));
    } else if (code === EXIF_SEGMENT && startsWith(data, EXIF_NAME)) {
      exif ??= data.subarray(EXIF_NAME.length);
    } else if (code === ADOBE_SEGMENT && startsWith(data, ADOBE_NAME)) {
      isInverted = true;
    }
  }
  if (!frame) throw file.broken('has no picture');
  return { ...frame, exif, isInverted };
}

type Frame = Pick<JpegHeader, 'width' | 'height' | 'precision' | 'components'>;

function frameOf(segment: FileBytes): Frame {
  return {
    precision: segment.byte(0),
    height: segment.short(1),
    width: segment.short(3),
    components: segment.byte(5),
  };
}

function startsWith(segment: Uint8Array, name: string): boolean {
  return Buffer.from(segment.buffer, segment.byteOffset, segment.length)
    .subarray(0, name.length)
    .equals(Buffer.from(name, 'latin1'));
}

/** Number of passes over the picture; the code cannot occur within compressed data. */
export function countScans(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const mark = Buffer.from([0xff, START_OF_SCAN]);
  let count = 0;
  for (let at = buffer.indexOf(mark); at >= 0; at = buffer.indexOf(mark, at + 2)) count += 1;
  return count;
}

/** Whether the file has its end: libjpeg fills what is missing with gray. */
export function hasEnd(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return (
    buffer.lastIndexOf(Buffer.from([0xff, END_OF_IMAGE])) >
    buffer.lastIndexOf(Buffer.from([0xff, START_OF_SCAN]))
  );
}

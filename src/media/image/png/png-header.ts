import type { FileBytes } from '../../file-bytes.ts';

/** Bytes before the first chunk. */
const SIGNATURE_BYTES = 8;
const HEADER_BYTES = 13;
/** Length and name before the data of a chunk, and the checksum behind it. */
const CHUNK_HEAD = 8;
const CHUNK_TAIL = 4;

/** How the samples of a pixel are kept (PNG specification, table 11.1). */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of one sample. */
  readonly depth: 1 | 2 | 4 | 8 | 16;
  readonly isPalette: boolean;
  readonly isGray: boolean;
  readonly hasAlpha: boolean;
  readonly isInterlaced: boolean;
}

export interface Chunk {
  readonly name: string;
  readonly data: Uint8Array;
}

const depthsByColorType: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** @throws OllamaError `invalid-request` for a header that the specification does not allow */
export function readHeader(file: FileBytes): PngHeader {
  const at = SIGNATURE_BYTES + CHUNK_HEAD;
  if (file.name(at - 4) !== 'IHDR' || file.long(at - CHUNK_HEAD) !== HEADER_BYTES) {
    throw file.broken('does not begin with its header');
  }
  const depth = file.byte(at + 8);
  const colorType = file.byte(at + 9);
  const interlace = file.byte(at + 12);
  if (!depthsByColorType[colorType]?.includes(depth)) {
    throw file.broken(
      `has ${depth} bits per sample and color type ${colorType}, which do not exist together`,
    );
  }
  if (file.byte(at + 10) !== 0 || file.byte(at + 11) !== 0 || interlace > 1) {
    throw file.broken('uses a compression, filter or interlace method that does not exist');
  }
  return {
    width: file.long(at),
    height: file.long(at + 4),
    depth: depth as PngHeader['depth'],
    isPalette: colorType === 3,
    isGray: colorType === 0 || colorType === 4,
    hasAlpha: colorType >= 4,
    isInterlaced: interlace === 1,
  };
}

/** Samples of one pixel. */
export function samplesOf({ isPalette, isGray, hasAlpha }: PngHeader): number {
  return (isPalette || isGray ? 1 : 3) + (hasAlpha ? 1 : 0);
}

/** The chunks up to the end of the picture; the checksum of a chunk that the picture needs is verified. */
export function* chunksOf(file: FileBytes, checksum: (bytes: Uint8Array) => number): Generator<Chunk> {
  for (let at = SIGNATURE_BYTES; ; ) {
    const length = file.long(at);
    const name = file.name(at + 4);
    const data = file.slice(at + CHUNK_HEAD, length);
    const end = at + CHUNK_HEAD + length;
    // The name of a chunk that may be ignored begins with a small letter.
    const isNeeded = /^[A-Z]/.test(name);
    if (isNeeded && file.long(end) !== checksum(file.slice(at + 4, length + 4))) {
      throw file.broken(`is damaged: the checksum of its part ${JSON.stringify(name)} is wrong`);
    }
    if (name === 'IEND') return;
    yield { name, data };
    at = end + CHUNK_TAIL;
  }
}

/** Pictures and sound in a prompt: what they are made of, and the tokens that stand for them. */
import { createHash } from 'node:crypto';
import { MIB } from '../base/units.ts';

export type MediaKind = 'image' | 'audio';

/** What the encoder turns into rows in one go, such as a tile of a picture. */
export interface MediaPiece {
  readonly kind: MediaKind;
  /** SHA-256 (64 hex digits) over everything that the rows depend on: the data and how it was prepared. */
  readonly digest: string;
  /**
   * Image: pixels, RGB, 8 bit, row by row. Audio: `width` frames of `height` mel bins, float32 little-endian, bin by bin
   * (as clip.cpp keeps them).
   */
  readonly width: number;
  readonly height: number;
  /** Number of rows it becomes, which is its number of tokens in the context. */
  readonly tokens: number;
  /** Number of positions it takes; differs from `tokens` only with M-RoPE. */
  readonly positions: number;
  /** The grid of the rows, for M-RoPE; absent = a line. */
  readonly grid?: { readonly columns: number; readonly lines: number };
  /** What else the family's encoder must know of this piece, such as its place among the tiles; small numbers only. */
  readonly place?: Readonly<Record<string, number>>;
}

export interface MediaSpan extends MediaPiece {
  /** Index in the prompt of its first pseudo token. */
  readonly start: number;
}

/** What replaces the mark of a medium in the prompt, in order. */
export type PreparedPart =
  | { readonly text: string }
  | { readonly piece: MediaPiece; readonly data: Uint8Array };

/**
 * Maximum number of bytes of a piece's data: a picture of 3584 x 3584 pixels, larger than any family takes, has 37 MiB. The
 * data crosses the pipe in parts, so frames do not limit it; the child's memory does.
 */
export const MAX_PIECE_BYTES = 48 * MIB;
/** Bytes of one part of a piece's data: its frame is encoded and parsed within a few milliseconds. */
export const MEDIA_PART_BYTES = 2 * MIB;
/** No family makes more rows of one piece; larger numbers would only cost memory. */
export const MAX_PIECE_TOKENS = 65_536;

const COLOURS = 3;
const FLOAT_BYTES = 4;

/** Number of bytes of a piece's data. */
export function pieceBytes({ kind, width, height }: Pick<MediaPiece, 'kind' | 'width' | 'height'>): number {
  return width * height * (kind === 'image' ? COLOURS : FLOAT_BYTES);
}

const WORD_BYTES = 4;
/** Remainders from 0 to 2^31 - 2. */
const PSEUDO_TOKENS = 0x7fff_ffff;
/** -1 is llama.cpp's null token. */
const FIRST_PSEUDO_TOKEN = -2;

/**
 * The tokens that stand for the rows of a piece: integers from -2 to -2^31, derived from its digest and the index of the
 * row. Equal digests yield equal tokens, so prefixes are compared and kept like any others; different digests agree in one
 * row by a chance of 2^-31, and in all of them by none that matters.
 */
export function pseudoTokens(piece: Pick<MediaPiece, 'digest' | 'tokens'>): number[] {
  const tokens: number[] = [];
  for (let block = 0; tokens.length < piece.tokens; block++) {
    const hash = createHash('sha256').update(`${piece.digest}:${block}`).digest();
    for (let at = 0; at < hash.length && tokens.length < piece.tokens; at += WORD_BYTES)
      tokens.push(FIRST_PSEUDO_TOKEN - (hash.readUInt32LE(at) % PSEUDO_TOKENS));
  }
  return tokens;
}

export const isPseudoToken = (token: number): boolean => token <= FIRST_PSEUDO_TOKEN;

import type { PreparedPart } from '../../protocol/media.ts';
import type { Rgb, Size } from '../image/rgb.ts';

/** Limits on the rows of one picture that a user has set; they count only where the family lets its size vary. */
export interface TokenLimits {
  readonly minTokens?: number;
  readonly maxTokens?: number;
}

/** How the projector of one family wants pictures. */
export interface ImageLayout {
  /**
   * Resizes a picture, cuts it, and puts the family's texts around the pieces.
   * @throws OllamaError `invalid-request` for a picture too narrow to be resized, and for limits that exclude each other
   */
  readonly prepareImage: (image: Rgb, limits?: TokenLimits) => PreparedPart[];
  /** The number of rows of a picture of such a size, without the texts around them. Throws as `prepareImage`. */
  readonly countTokens: (size: Size, limits?: TokenLimits) => number;
}

/** A piece before its pixels exist. */
export interface PlannedPiece extends Size {
  /** Number of rows. */
  readonly tokens: number;
  /** Columns and lines of the rows, for families whose models count positions in a grid. */
  readonly grid?: { readonly columns: number; readonly lines: number };
  readonly place?: Readonly<Record<string, number>>;
  readonly draw: (image: Rgb) => Rgb;
}

export type PlannedPart = string | PlannedPiece;

/** Decides what becomes of a picture of such a size. */
export type PlanImage = (size: Size, limits: TokenLimits) => readonly PlannedPart[];

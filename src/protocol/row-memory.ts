/** The memory for rows of media beside the encoder: the engine allocates it, and the estimate counts it. */
import { MIB } from '../base/units.ts';

/** What decides how rows are computed. */
export interface RowShape {
  /** Number of values in a row. */
  readonly rowWidth: number;
  /** Maximum number of tokens of one piece. */
  readonly mostTokens: number;
  /** Whether a picture must be computed in one go. */
  readonly isBidirectional: boolean;
}

/** Bytes of rows that are kept for pictures that come again: some fifty of a model of 4 billion parameters. */
export const ROWS_CACHE_BYTES = 128 * MIB;
/** Rows of a piece that need not be computed in one go are computed in calls of at most this many. */
const MAX_ROWS_PER_CALL = 512;
const FLOAT_BYTES = 4;

/** @param batchSize maximum number of tokens in a call */
export function rowsPerCall({ mostTokens, isBidirectional }: RowShape, batchSize: number): number {
  return isBidirectional ? mostTokens : Math.min(mostTokens, batchSize, MAX_ROWS_PER_CALL);
}

/** Bytes of the rows of one call. */
export function rowBatchBytes(shape: RowShape, batchSize: number): number {
  return rowsPerCall(shape, batchSize) * shape.rowWidth * FLOAT_BYTES;
}

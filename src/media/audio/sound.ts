/** Sound with one channel. */
export interface Sound {
  /** Samples per second. */
  readonly rate: number;
  /** Each from -1 to 1. */
  readonly samples: Float32Array;
}

/** Joins pieces of sound. */
export function joined(pieces: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}

/** `count` pieces of `width` bytes: where they are, and where they go. All numbers are bytes, below 2^31. */
interface Strides {
  readonly width: number;
  readonly count: number;
  readonly from: Uint8Array;
  readonly fromStart: number;
  readonly fromStride: number;
  readonly to: Uint8Array;
  readonly toStart: number;
  readonly toStride: number;
}

/** Copies pieces that lie at equal distances. */
export function copyStrided(strides: Strides): void {
  const { width, from, fromStart, fromStride, to, toStart, toStride } = strides;
  const places = from.byteOffset | fromStart | fromStride | to.byteOffset | toStart | toStride;
  if (width === 2 && places % 2 === 0) copyNumbers(strides, wordsOf(from), wordsOf(to), 1);
  else if (width === 4 && places % 4 === 0) copyNumbers(strides, longsOf(from), longsOf(to), 2);
  else copyPieces(strides);
}

function copyNumbers<View extends Uint16Array | Uint32Array>(
  strides: Strides,
  from: View,
  to: View,
  shift: number,
): void {
  const fromStride = strides.fromStride >> shift;
  const toStride = strides.toStride >> shift;
  let source = strides.fromStart >> shift;
  let target = strides.toStart >> shift;
  for (let index = 0; index < strides.count; index++) {
    to[target] = from[source] ?? 0;
    source += fromStride;
    target += toStride;
  }
}

function copyPieces({ width, count, from, fromStart, fromStride, to, toStart, toStride }: Strides): void {
  for (let index = 0; index < count; index++) {
    const source = fromStart + index * fromStride;
    to.set(from.subarray(source, source + width), toStart + index * toStride);
  }
}

export function wordsOf(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
}

function longsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}

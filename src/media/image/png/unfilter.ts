import type { FileBytes } from '../../file-bytes.ts';

/** Which pixels of the picture one pass of the data holds, and where its rows lie. */
export interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly columns: number;
  readonly rows: number;
  /** Bytes of one row, without the one before it that names its filter. */
  readonly rowBytes: number;
}

/**
 * Undoes the filters of the rows of one pass, in place (PNG specification, section 9).
 * @param start where the pass lies in the data
 * @param pixelBytes distance of a byte to the one that corresponds to it in the pixel to the left
 */
export function unfilter(
  file: FileBytes,
  data: Uint8Array,
  { start, pass, pixelBytes }: UnfilterPlace,
): void {
  const { rows, rowBytes } = pass;
  for (let row = 0; row < rows; row++) {
    const at = start + row * (rowBytes + 1);
    const kind = data[at];
    const line = data.subarray(at + 1, at + 1 + rowBytes);
    const above = row === 0 ? undefined : data.subarray(at - rowBytes, at);
    if (kind === 1) addLeft(line, pixelBytes);
    else if (kind === 2 && above) addAbove(line, above);
    else if (kind === 3) addAverage(line, above, pixelBytes);
    else if (kind === 4) addPredicted(line, above, pixelBytes);
    else if (kind !== 0 && kind !== 2) throw file.broken('is damaged: a row has an unknown filter');
  }
}

interface UnfilterPlace {
  readonly start: number;
  readonly pass: Pass;
  readonly pixelBytes: number;
}

function addLeft(line: Uint8Array, distance: number): void {
  for (let index = distance; index < line.length; index++) {
    line[index] = (line[index] as number) + (line[index - distance] as number);
  }
}

function addAbove(line: Uint8Array, above: Uint8Array): void {
  for (let index = 0; index < line.length; index++) {
    line[index] = (line[index] as number) + (above[index] as number);
  }
}

function addAverage(line: Uint8Array, above: Uint8Array | undefined, distance: number): void {
  for (let index = 0; index < line.length; index++) {
    const left = index < distance ? 0 : (line[index - distance] as number);
    line[index] = (line[index] as number) + ((left + (above?.[index] ?? 0)) >> 1);
  }
}

function addPredicted(line: Uint8Array, above: Uint8Array | undefined, distance: number): void {
  if (!above) {
    addLeft(line, distance);
    return;
  }
  for (let index = 0; index < line.length; index++) {
    const left = index < distance ? 0 : (line[index - distance] as number);
    const corner = index < distance ? 0 : (above[index - distance] as number);
    line[index] = (line[index] as number) + paeth(left, above[index] as number, corner);
  }
}

/** Paeth's predictor: whichever neighbor is nearest to left + above - corner. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

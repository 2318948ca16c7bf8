import { KIB } from '../../../base/units.ts';
import { bytesOf } from '../element-type.ts';
import { orderAxes, type StridedAxis, sourcePlace } from './axis-order.ts';
import { copyStrided } from './copy-strided.ts';
import type { ElementReader } from './element-reader.ts';
import { SCRATCH_BYTES, type ScratchMemory } from './scratch-memory.ts';
import type { TileMemory } from './tile-memory.ts';

/** Pieces of rows below this size are read together with what lies between them. */
const SMALL_PIECE = 4 * KIB;

/** A piece of the result that is made at once. */
interface Tile {
  readonly start: number;
  readonly count: number;
  /** Place of its first element in the source. */
  readonly source: number;
  /** Neighbors in the source, which become columns of the result. */
  readonly columns: number;
  /** First of the rows of the source that the tile takes elements from, and their number. */
  readonly row: number;
  readonly rows: number;
}

/** Reads a tensor whose axes are in another order. Where the fastest axis changes its place, it works tile by tile. */
export class TransposeReader implements ElementReader {
  readonly shape;
  readonly type;
  readonly #of: ElementReader;
  readonly #scratch: ScratchMemory;
  readonly #memory: TileMemory;
  readonly #elementBytes: number;
  /** Axes of the result before the one that is the fastest of the source, that one, and those behind it. */
  readonly #before: readonly StridedAxis[];
  readonly #fastest: number;
  readonly #behind: readonly StridedAxis[];
  /** Number of indexes of the axes behind. */
  readonly #rows: number;
  #tile: Tile | undefined;

  constructor(
    of: ElementReader,
    axes: readonly number[],
    { scratch, tile }: { readonly scratch: ScratchMemory; readonly tile: TileMemory },
  ) {
    this.shape = axes.map((axis) => of.shape[axis] ?? 0);
    this.type = of.type;
    this.#of = of;
    this.#scratch = scratch;
    this.#memory = tile;
    this.#elementBytes = bytesOf(of.type, 1);
    const ordered = orderAxes(of.shape, axes);
    const place = ordered.findIndex(({ stride }) => stride === 1);
    this.#before = ordered.slice(0, Math.max(place, 0));
    this.#fastest = ordered[place]?.size ?? 1;
    this.#behind = ordered.slice(place + 1);
    this.#rows = this.#behind.reduce((product, { size }) => product * size, 1);
  }

  read(start: number, count: number, target: Uint8Array): void {
    for (let done = 0; done < count; ) {
      const rest = target.subarray(bytesOf(this.type, done));
      done += this.#readSome(start + done, count - done, rest);
    }
  }

  #readSome(start: number, count: number, target: Uint8Array): number {
    if (this.#behind.length === 0) return this.#readRun(start, count, target);
    const { bytes, tile } = this.#tileAt(start);
    const length = Math.min(count, tile.start + tile.count - start);
    const from = (start - tile.start) * this.#elementBytes;
    target.set(bytes.subarray(from, from + length * this.#elementBytes));
    return length;
  }

  /** Reads along the fastest axis, which is that of the source too. */
  #readRun(start: number, count: number, target: Uint8Array): number {
    const run = Math.floor(start / this.#fastest);
    const inRun = start - run * this.#fastest;
    const length = Math.min(count, this.#fastest - inRun);
    this.#of.read(sourcePlace(this.#before, run) + inRun, length, target);
    return length;
  }

  #tileAt(start: number): { readonly bytes: Uint8Array; readonly tile: Tile } {
    const { bytes, isKept } = this.#memory.use(this);
    const known = this.#tile;
    if (isKept && known && start >= known.start && start < known.start + known.count)
      return { bytes, tile: known };
    const tile = this.#planTile(start);
    try {
      this.#fill(tile, bytes);
    } catch (error) {
      this.#memory.drop();
      throw error;
    }
    this.#tile = tile;
    return { bytes, tile };
  }

  /** Several whole rows of the result, or a part of one that is larger than the memory. */
  #planTile(start: number): Tile {
    const room = Math.floor(this.#memory.size / this.#elementBytes);
    const resultRow = Math.floor(start / this.#rows);
    const outer = Math.floor(resultRow / this.#fastest);
    const column = resultRow - outer * this.#fastest;
    const source = sourcePlace(this.#before, outer) + column;
    if (this.#rows > room) {
      const row = start - resultRow * this.#rows;
      const rows = Math.min(room, this.#rows - row);
      return { start, count: rows, source, columns: 1, row, rows };
    }
    const columns = Math.min(Math.floor(room / this.#rows), this.#fastest - column);
    const first = resultRow * this.#rows;
    return { start: first, count: columns * this.#rows, source, columns, row: 0, rows: this.#rows };
  }

  #fill(tile: Tile, bytes: Uint8Array): void {
    const rowAxis = this.#behind.at(-1) ?? { size: 1, stride: 1 };
    const outerAxes = this.#behind.slice(0, -1);
    for (let done = 0; done < tile.rows; ) {
      const row = tile.row + done;
      const outer = Math.floor(row / rowAxis.size);
      const inner = row - outer * rowAxis.size;
      const rows = Math.min(rowAxis.size - inner, tile.rows - done);
      const source = tile.source + sourcePlace(outerAxes, outer) + inner * rowAxis.stride;
      this.#fillRows(tile, bytes, { source, stride: rowAxis.stride, rows, done });
      done += rows;
    }
  }

  /** Turns rows at equal distances in the source into columns of the tile. */
  #fillRows(
    tile: Tile,
    to: Uint8Array,
    place: { readonly source: number; readonly stride: number; readonly rows: number; readonly done: number },
  ): void {
    const size = this.#elementBytes;
    const room = Math.floor(SCRATCH_BYTES / size);
    const isSmall = tile.columns * size < SMALL_PIECE && tile.columns + place.stride <= room;
    const together = isSmall ? Math.floor((room - tile.columns) / place.stride) + 1 : 1;
    this.#scratch.with((from) => {
      for (let row = 0; row < place.rows; row += together) {
        const rows = Math.min(together, place.rows - row);
        for (let column = 0; column < tile.columns; column += room) {
          const columns = Math.min(room, tile.columns - column);
          const start = place.source + row * place.stride + column;
          this.#of.read(start, (rows - 1) * place.stride + columns, from);
          for (let index = 0; index < rows; index++)
            copyStrided({
              width: size,
              count: columns,
              from,
              fromStart: index * place.stride * size,
              fromStride: size,
              to,
              toStart: (column * tile.rows + place.done + row + index) * size,
              toStride: tile.rows * size,
            });
        }
      }
    });
  }
}

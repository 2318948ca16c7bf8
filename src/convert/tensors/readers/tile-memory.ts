import { MIB } from '../../../base/units.ts';

/** Columns of a tile are read row by row; the larger a tile, the longer each read. */
const TILE_BYTES = 8 * MIB;

/** One piece of memory that holds the tile of the reader that used it last. */
export class TileMemory {
  #owner: object | undefined;
  #bytes: Uint8Array | undefined;
  #below: TileMemory | undefined;

  /** Memory for the readers from which a tile is filled: it must not change meanwhile. */
  get below(): TileMemory {
    this.#below ??= new TileMemory();
    return this.#below;
  }

  get size(): number {
    return TILE_BYTES;
  }

  /** @returns the memory, and whether it still holds what `owner` put there */
  use(owner: object): { readonly bytes: Uint8Array; readonly isKept: boolean } {
    this.#bytes ??= new Uint8Array(TILE_BYTES);
    const isKept = this.#owner === owner;
    this.#owner = owner;
    return { bytes: this.#bytes, isKept };
  }

  /** Forgets the content: its owner failed to fill it. */
  drop(): void {
    this.#owner = undefined;
  }
}

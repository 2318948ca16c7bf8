/** What a file says about one block. */
export interface BlockSource {
  readonly architecture: string;
  readonly number: (key: string) => number | undefined;
  readonly numbers: (key: string) => readonly number[];
  /** Of the block, and how many there are. */
  readonly index: number;
  readonly count: number;
  /** Of the block's tensors, by the name behind "blk.N.". */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

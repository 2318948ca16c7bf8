/** What a GGUF file contains about one block. */
export interface BlockSource {
  readonly architecture: string;
  readonly number: (key: string) => number | undefined;
  readonly numbers: (key: string) => readonly number[];
  /** Index of the block, then the number of blocks. */
  readonly index: number;
  readonly count: number;
  /** Shapes of the block's tensors, by the name after "blk.N.". */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

import type { Value } from './value.ts';

/** Python's tuple. */
export class Tuple {
  readonly items: readonly Value[];
  /** The names of the items of a named tuple. */
  readonly names: readonly string[];

  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

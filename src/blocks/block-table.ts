/**
 * Which blocks of tokens the caches hold, from what the engines report: a block counts as stored as long as one holding of that
 * kind has it. Pure bookkeeping: it returns the events that tell the difference.
 */
import type { HeldChange, HeldMedium, HeldReport } from '../protocol/held-report.ts';
import { blockHash, firstParent } from './block-hash.ts';
import type { BlockStored, KvEvent } from './event-batch.ts';

interface Holding {
  readonly medium: HeldMedium;
  readonly salt: string;
  readonly tokens: number[];
  readonly hashes: Buffer[];
}

/** The blocks of one model in one medium: how many holdings have each. Keyed by their hashes, one character a byte. */
type Counts = Map<string, number>;

interface Engine {
  readonly model: string;
  readonly holdings: Map<number, Holding>;
}

interface BlockTableParts {
  /** Tokens. */
  readonly blockSize: number;
  readonly seed: string;
}

const keyOf = (hash: Buffer) => hash.toString('latin1');

export class BlockTable {
  readonly #blockSize: number;
  readonly #first: Buffer;
  readonly #engines = new Map<number, Engine>();
  /** By model and medium. */
  readonly #counts = new Map<string, { readonly medium: HeldMedium; readonly blocks: Counts }>();

  constructor({ blockSize, seed }: BlockTableParts) {
    this.#blockSize = blockSize;
    this.#first = firstParent(seed);
  }

  /** Number of blocks of all models, each once for each medium. */
  get size(): number {
    let size = 0;
    for (const { blocks } of this.#counts.values()) size += blocks.size;
    return size;
  }

  get models(): string[] {
    return [...new Set([...this.#engines.values()].map(({ model }) => model))];
  }

  /** @param engine a number that no other one has @returns what has changed; empty = nothing */
  apply(engine: number, model: string, report: HeldReport): KvEvent[] {
    const before = this.#engines.get(engine);
    const holdings = report.isFirst || !before ? new Map<number, Holding>() : before.holdings;
    const given = report.isFirst && before ? [...before.holdings.values()] : [];
    this.#engines.set(engine, { model, holdings });
    const stored: BlockStored[] = [];
    const removed: { readonly holding: Holding; readonly from: number }[] = [];
    for (const change of report.changes) {
      const old = holdings.get(change.holding);
      const changed = this.#changed(old, change);
      holdings.set(change.holding, changed);
      // What is new counts first, so that a block that only moves is neither removed nor stored.
      const kept = old && isSame(old, changed) ? change.kept / this.#blockSize : 0;
      stored.push(...this.#count(model, changed, kept));
      if (old) removed.push({ holding: old, from: kept });
    }
    for (const number of report.gone) {
      const holding = holdings.get(number);
      holdings.delete(number);
      if (holding) removed.push({ holding, from: 0 });
    }
    for (const holding of given) removed.push({ holding, from: 0 });
    return [...stored, ...this.#uncount(model, removed)];
  }

  /** An engine has exited: it holds nothing any more. */
  end(engine: number): KvEvent[] {
    const ended = this.#engines.get(engine);
    if (!ended) return [];
    const holdings = [...ended.holdings.values()].map((holding) => ({ holding, from: 0 }));
    const events = this.#uncount(ended.model, holdings);
    this.#engines.delete(engine);
    for (const [name, { blocks }] of this.#counts) if (blocks.size === 0) this.#counts.delete(name);
    return this.size === 0 && events.length > 0 ? [{ type: 'AllBlocksCleared' }] : events;
  }

  /** Everything that is stored now, to begin from. */
  snapshot(): KvEvent[] {
    const known = new Map<string, Set<string>>();
    const stored = [...this.#engines.values()].flatMap(({ model, holdings }) =>
      [...holdings.values()].flatMap((holding) => {
        const name = `${model} ${holding.medium}`;
        const blocks = known.get(name) ?? new Set<string>();
        known.set(name, blocks);
        const isNew = holding.hashes.map((hash) => {
          const key = keyOf(hash);
          return !blocks.has(key) && blocks.add(key) !== undefined;
        });
        return this.#storedEvents(holding, (index) => isNew[index] ?? false, 0);
      }),
    );
    return [{ type: 'AllBlocksCleared' }, ...stored];
  }

  #changed(old: Holding | undefined, { medium, salt, kept, added }: HeldChange): Holding {
    const isContinued = old?.salt === salt && old.medium === medium;
    const tokens = isContinued ? old.tokens.slice(0, kept) : [];
    tokens.push(...added);
    const hashes = isContinued ? old.hashes.slice(0, kept / this.#blockSize) : [];
    for (let start = hashes.length * this.#blockSize; start + this.#blockSize <= tokens.length; ) {
      const end = start + this.#blockSize;
      const parent = hashes.at(-1) ?? this.#first;
      hashes.push(blockHash(parent, tokens.slice(start, end), start === 0 ? salt : ''));
      start = end;
    }
    return { medium, salt, tokens, hashes };
  }

  /** Counts the blocks of a holding from one on. @returns the events for those that nothing else holds */
  #count(model: string, holding: Holding, from: number): BlockStored[] {
    const { blocks } = this.#countsOf(model, holding.medium);
    const isNew = holding.hashes.map((hash, index) => {
      if (index < from) return false;
      const key = keyOf(hash);
      const count = blocks.get(key) ?? 0;
      blocks.set(key, count + 1);
      return count === 0;
    });
    return this.#storedEvents(holding, (index) => isNew[index] ?? false, from);
  }

  #uncount(
    model: string,
    holdings: readonly { readonly holding: Holding; readonly from: number }[],
  ): KvEvent[] {
    const gone = new Map<HeldMedium, Buffer[]>();
    for (const { holding, from } of holdings) {
      const { medium, blocks } = this.#countsOf(model, holding.medium);
      // Those at the end first, so that no reader is left with a block whose parent it no longer has.
      for (let index = holding.hashes.length - 1; index >= from; index--) {
        const hash = holding.hashes[index];
        if (!hash) continue;
        const count = (blocks.get(keyOf(hash)) ?? 0) - 1;
        if (count > 0) blocks.set(keyOf(hash), count);
        else if (blocks.delete(keyOf(hash))) pushTo(gone, medium, hash);
      }
    }
    return [...gone].map(([medium, hashes]) => ({ type: 'BlockRemoved', medium, hashes }));
  }

  /** One event for each run of blocks that are new. */
  #storedEvents(holding: Holding, isNew: (index: number) => boolean, from: number): BlockStored[] {
    const { hashes, tokens, medium, salt } = holding;
    const events: BlockStored[] = [];
    for (let start = from; start < hashes.length; start++) {
      if (!isNew(start)) continue;
      let end = start + 1;
      while (end < hashes.length && isNew(end)) end++;
      events.push({
        type: 'BlockStored',
        hashes: hashes.slice(start, end),
        parent: hashes[start - 1],
        tokens: tokens.slice(start * this.#blockSize, end * this.#blockSize),
        blockSize: this.#blockSize,
        ...{ medium, salt },
      });
      start = end;
    }
    return events;
  }

  #countsOf(model: string, medium: HeldMedium): { readonly medium: HeldMedium; readonly blocks: Counts } {
    const name = `${model} ${medium}`;
    const counts = this.#counts.get(name) ?? { medium, blocks: new Map<string, number>() };
    this.#counts.set(name, counts);
    return counts;
  }
}

function pushTo(lists: Map<HeldMedium, Buffer[]>, medium: HeldMedium, hash: Buffer): void {
  const list = lists.get(medium);
  if (list) list.push(hash);
  else lists.set(medium, [hash]);
}

function isSame(one: Holding, other: Holding): boolean {
  return one.salt === other.salt && one.medium === other.medium;
}

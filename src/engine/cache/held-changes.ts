/** Finds what has changed in the tokens that the caches hold since it was last asked: whole blocks, for events about them. */
import type { HeldChange, HeldMedium, HeldReport } from '../../protocol/held-report.ts';
import { commonPrefix, exactTokens } from './reuse.ts';
import type { Holding, Slot } from './slot.ts';

/** What the caches hold, by where it is. */
export interface HeldStates {
  readonly slots: readonly Slot[];
  /** Copies in host memory; they never change. */
  readonly host: readonly Holding[];
  /** Files; they never change. */
  readonly disk: readonly Holding[];
}

/** Tokens in one report: its frame takes a few milliseconds to write and to read. */
const MOST_TOKENS = 32_768;

interface Reported {
  readonly id: number;
  tokens: readonly number[];
  salt: string;
  /** What a slot was last used for; a slot that is idle since then has not changed. */
  lastUsed: number;
  wasBusy: boolean;
}

export class HeldChanges {
  readonly #blockSize: number;
  readonly #most: number;
  #reported = new Map<Holding, Reported>();
  #nextId = 1;
  #isFirst = true;

  /** @param most tokens in one report; one holding may exceed it */
  constructor(blockSize: number, most = MOST_TOKENS) {
    this.#blockSize = blockSize;
    this.#most = most;
  }

  /** The next report stands for itself. */
  beginAgain(): void {
    this.#reported = new Map();
    this.#isFirst = true;
  }

  /** @returns undefined = nothing has changed. `isAll` is false when there is more to report at once */
  take(states: HeldStates): { report: HeldReport; isAll: boolean } | undefined {
    const gone = this.#gone(states);
    const changes: HeldChange[] = [];
    let left = this.#most;
    for (const [holding, medium] of holdingsOf(states)) {
      if (left <= 0) break;
      const change = this.#changeOf(holding, medium);
      if (!change) continue;
      changes.push(change);
      left -= change.added.length + this.#blockSize;
    }
    const isFirst = this.#isFirst;
    if (changes.length === 0 && gone.length === 0 && !isFirst) return undefined;
    this.#isFirst = false;
    return { report: { isFirst, changes, gone }, isAll: left > 0 };
  }

  #gone(states: HeldStates): number[] {
    const present = new Set([...holdingsOf(states)].map(([holding]) => holding));
    const gone: number[] = [];
    for (const [holding, { id }] of this.#reported) {
      if (present.has(holding)) continue;
      this.#reported.delete(holding);
      gone.push(id);
    }
    return gone;
  }

  #changeOf(holding: Holding, medium: HeldMedium): HeldChange | undefined {
    const before = this.#reported.get(holding);
    const isSlot = 'busy' in holding;
    const isBusy = isSlot && holding.busy === true;
    if (before && !isSlot) return undefined;
    if (before && !isBusy && !before.wasBusy && before.lastUsed === holding.lastUsed) return undefined;
    const reported = before ?? {
      id: this.#nextId++,
      tokens: [],
      salt: holding.salt,
      lastUsed: 0,
      wasBusy: false,
    };
    this.#reported.set(holding, reported);
    reported.lastUsed = holding.lastUsed;
    reported.wasBusy = isBusy;
    const length = this.#wholeBlocks(holding);
    const isSame = reported.salt === holding.salt;
    const common = isSame ? Math.min(commonPrefix(reported.tokens, holding.tokens), length) : 0;
    const kept = common - (common % this.#blockSize);
    if (isSame && kept === length && kept === reported.tokens.length) return undefined;
    reported.salt = holding.salt;
    reported.tokens = holding.tokens.slice(0, length);
    return {
      holding: reported.id,
      medium,
      salt: holding.salt,
      kept,
      added: holding.tokens.slice(kept, length),
    };
  }

  /** Length of the blocks whose state is exact and that are text: nobody else knows what stands for a picture. */
  #wholeBlocks(holding: Holding): number {
    const exact = exactTokens(holding);
    const media = holding.tokens.findIndex((token) => token < 0);
    const length = media < 0 ? exact : Math.min(exact, media);
    return length - (length % this.#blockSize);
  }
}

function* holdingsOf({ slots, host, disk }: HeldStates): Generator<readonly [Holding, HeldMedium]> {
  for (const slot of slots) yield [slot, 'GPU'];
  for (const holding of host) yield [holding, 'CPU'];
  for (const holding of disk) yield [holding, 'STORAGE'];
}

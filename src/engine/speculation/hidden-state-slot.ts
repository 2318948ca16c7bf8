import type { DraftSubject } from './draft-source.ts';
import type { HiddenRows } from './hidden-rows.ts';

/** What the context of the drafting layers holds for one slot: positions from `start` on, without gaps. */
export class HiddenStateSlot {
  #start = 0;
  #tokens: number[] = [];
  #salt = '';
  rows: HiddenRows | undefined;

  /** Whether a position can follow what is held of a text, after a cut if need be. */
  follows(subject: DraftSubject, position: number): boolean {
    return position > this.#start && position <= this.shared(subject);
  }

  /** The position after the last one held. */
  get end(): number {
    return this.#start + this.#tokens.length;
  }

  get isEmpty(): boolean {
    return this.#tokens.length === 0;
  }

  /** The position up to which all that is held belongs to this text; `#start` if nothing does. */
  shared({ tokens, salt }: DraftSubject): number {
    if (salt !== this.#salt) return this.#start;
    let position = this.#start;
    const end = Math.min(this.end, tokens.length - 1);
    while (position < end && this.#tokens[position - this.#start] === tokens[position]) position++;
    return position;
  }

  /**
   * The first position to compute so that what is held reaches `last`: the next one, or if hidden states before it are
   * missing, the first with one, after which nothing older is held. Undefined where the state before `last` is missing.
   */
  firstMissing(subject: DraftSubject, last: number): number | undefined {
    const { rows } = this;
    if (!rows?.at(last - 1, subject.tokens)) return undefined;
    const next = this.shared(subject);
    return next > this.#start && next > rows.from ? Math.min(next, last) : rows.from + 1;
  }

  /** Forgets what is held from a position on. */
  cut(position: number): void {
    this.#tokens.length = Math.max(0, Math.min(this.#tokens.length, position - this.#start));
  }

  /** Adds the token at the next position; an empty slot may begin anywhere. */
  push(position: number, token: number, salt: string): void {
    if (this.isEmpty) this.#start = position;
    this.#salt = salt;
    this.#tokens.push(token);
  }
}

import { OllamaError } from '../../base/errors.ts';
import type { Automaton } from './automaton.ts';
import { beginToken, endToken, mayEnd, type Position, readByte } from './token-text.ts';
import { TokenWalk } from './token-walk.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Where so few tokens are allowed, they are collected once, and nothing else is looked at. */
const FEW_TOKENS = 512;
/** Bytes and stacks to look at before they count as many: less than a millisecond. */
const FEW_WORK = 20_000;
/** The same between two turns of other work while all tokens are collected: a few milliseconds. */
const TURN_WORK = 100_000;
/** Characters that `forcedText` looks ahead; longer texts are rarely forced, and hardly ever tokens of one draft. */
const MAX_FORCED_CHARACTERS = 256;
/**
 * Positions that are kept to step back to. A completion steps back by the few tokens of a banned string, while a position
 * of an ambiguous grammar can take kilobytes; one further back is computed again.
 */
const MAX_POSITIONS = 256;

/** Follows one completion through a grammar. */
export class Matcher {
  readonly #automaton: Automaton;
  readonly #vocabulary: Vocabulary;
  /** The positions after the last numbers of tokens. */
  readonly #positions: Position[];
  /** Number of earlier ones that were dropped. */
  #dropped = 0;

  constructor(automaton: Automaton, vocabulary: Vocabulary) {
    this.#automaton = automaton;
    this.#vocabulary = vocabulary;
    this.#positions = [startOf(automaton)];
  }

  /** Number of positions that are kept. */
  get kept(): number {
    return this.#positions.length;
  }

  /** @throws MatcherLimit, like all methods here */
  allows(token: number): boolean {
    if (this.#vocabulary.isEnd(token)) return this.#position.state.canEnd;
    return this.#after(token) !== undefined;
  }

  /**
   * Goes on after this token.
   * @throws OllamaError `invalid-request` when the grammar does not allow it
   */
  accept(token: number): void {
    const isEnd = this.#vocabulary.isEnd(token);
    const next = isEnd ? this.#position : this.#after(token);
    if (next === undefined || (isEnd && !next.state.canEnd)) {
      const message = 'the grammar does not allow the text that ends the thinking; raise its budget';
      throw new OllamaError('invalid-request', message);
    }
    this.#positions.push(next);
    if (this.#positions.length < 2 * MAX_POSITIONS) return;
    this.#positions.splice(0, MAX_POSITIONS);
    this.#dropped += MAX_POSITIONS;
  }

  /** Steps back to the position after these tokens, the first ones of those accepted. */
  rewind(tokens: readonly number[]): void {
    const kept = tokens.length - this.#dropped + 1;
    if (kept > 0) {
      this.#positions.length = Math.min(this.#positions.length, kept);
      return;
    }
    this.#dropped = 0;
    this.#positions.splice(0, Number.POSITIVE_INFINITY, startOf(this.#automaton));
    for (const token of tokens) this.accept(token);
  }

  /** The tokens that are allowed, in order, if they are few and known to be so. */
  get knownFew(): Int32Array | undefined {
    const { state, value, remaining } = this.#position;
    return state.tokens.get(keyOf(value, remaining)) ?? undefined;
  }

  /** The tokens that are allowed, in order, if they are few and the vocabulary has been read. */
  few(): Int32Array | undefined {
    const position = this.#position;
    const { tokens } = position.state;
    const key = keyOf(position.value, position.remaining);
    const known = tokens.get(key);
    if (known !== undefined) return known ?? undefined;
    const walk = this.#walk();
    if (walk === undefined) return undefined;
    const isDone = walk.advance(FEW_WORK, FEW_TOKENS) && walk.count <= FEW_TOKENS;
    const found = isDone ? this.#withEnds(walk) : null;
    this.#automaton.count(1 + (found?.length ?? 0));
    tokens.set(key, found);
    return found ?? undefined;
  }

  /**
   * All tokens that are allowed, in order.
   * @param turn called between parts of the work
   */
  async all(turn: () => Promise<void>): Promise<Int32Array> {
    await this.#vocabulary.read();
    const walk = this.#walk();
    while (walk?.advance(TURN_WORK) === false) await turn();
    return walk === undefined ? new Int32Array() : this.#withEnds(walk);
  }

  /** The text that must come next, whatever the model would choose; "" when there is a choice. */
  forcedText(): string {
    let { state, remaining } = this.#position;
    let text = '';
    if (remaining > 0) return text;
    for (let length = 0; length < MAX_FORCED_CHARACTERS; length++) {
      const only = this.#automaton.onlyCharacter(state);
      const next = only === undefined ? null : this.#automaton.next(state, only);
      if (only === undefined || next === null) break;
      text += String.fromCodePoint(only);
      state = next;
    }
    return text;
  }

  get #position(): Position {
    const position = this.#positions.at(-1);
    if (position === undefined) throw new Error('the last position is never dropped');
    return position;
  }

  #after(token: number): Position | undefined {
    const bytes = this.#vocabulary.bytesOf(token);
    let reading = bytes.length === 0 ? undefined : beginToken(this.#position);
    for (let at = 0; reading !== undefined && at < bytes.length; at++) {
      reading = readByte(this.#automaton, reading, bytes[at] ?? 0);
    }
    if (reading === undefined || !mayEnd(this.#automaton, reading)) return undefined;
    return endToken(this.#automaton, reading);
  }

  #walk(): TokenWalk | undefined {
    const { trie, texts } = this.#vocabulary;
    return trie && new TokenWalk(this.#automaton, texts, trie, this.#position);
  }

  #withEnds(walk: TokenWalk): Int32Array {
    const tokens = walk.tokens();
    const { texts } = this.#vocabulary;
    return this.#position.state.canEnd ? Int32Array.from([...tokens, ...texts.endTokens]).sort() : tokens;
  }
}

function startOf({ start: state }: Automaton): Position {
  return { state, value: 0, remaining: 0 };
}

function keyOf(value: number, remaining: number): number {
  return value * 4 + remaining;
}

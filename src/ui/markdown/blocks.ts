/**
 * Markdown as blocks, for texts that grow: what stands before the last block is parsed once, and a begun block of code is not
 * parsed at all. Its cost is bounded whatever a model writes: what would take long stays plain text.
 */
import { Lexer, Marked, type Token } from 'marked';
import { blockMath, inlineMath } from './math-syntax.ts';
import { blockLimit, isSuspect } from './suspect-text.ts';

export type Block =
  | { readonly kind: 'tokens'; readonly key: number; readonly tokens: readonly Token[] }
  | { readonly kind: 'plain'; readonly key: number; readonly text: string }
  | {
      readonly kind: 'code';
      readonly key: number;
      readonly text: string;
      readonly language: string;
      /** Whether its end was written; only then it is coloured. */
      readonly isClosed: boolean;
    };

/** A parse that took longer makes its block plain text, so that a growing text does not take as long again and again. */
const MAX_PARSE_MS = 200;

/** What comes behind so much stays plain text: more than any model writes at once, and each line and mark is an element. */
const MAX_FORMATTED_CHARACTERS = 300_000;
const MAX_FORMATTED_LINES = 10_000;
/** A block of code has a frame with a name and a button, and its lines are not elements. */
const LINES_PER_CODE = 5;

const { defaults } = new Marked({ gfm: true, breaks: true, extensions: [inlineMath, blockMath] });

/** @throws RangeError when blocks are nested too deeply */
function tokensOf(text: string): Token[] {
  return new Lexer(defaults).lex(text);
}

/** Without meaning for what follows. */
const noText = /^\s*$/;

export class MarkdownBlocks {
  #done: Block[] = [];
  /** Where the text behind the finished blocks begins. */
  #offset = 0;
  #text = '';
  #wasEnded = false;
  #isCostly = false;
  /** The finished blocks have so many lines. */
  #lines = 0;

  /**
   * @param text the whole text now; what was there before is not parsed again if it only grew
   * @param isEnded whether nothing more comes
   */
  update(text: string, isEnded: boolean): readonly Block[] {
    const clean = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
    // A text that had ended and goes on may go on in the middle of its last block.
    const isOther = this.#wasEnded && clean !== this.#text;
    if (isOther || !clean.startsWith(this.#text)) this.#reset();
    this.#text = clean;
    this.#wasEnded = isEnded;
    while (this.#finishOne(isEnded));
    const rest = clean.slice(this.#offset);
    return noText.test(rest) ? [...this.#done] : [...this.#done, this.#last(rest, isEnded)];
  }

  #reset(): void {
    this.#done = [];
    this.#offset = 0;
    this.#lines = 0;
    this.#isCostly = false;
  }

  get #key(): number {
    return this.#done.length;
  }

  /** Finishes what can be finished at the beginning of the rest. @returns whether there may be more */
  #finishOne(isEnded: boolean): boolean {
    const rest = this.#text.slice(this.#offset);
    if (this.#isFull) return this.#finishPlain(rest, isEnded);
    const fence = fenceAt(rest);
    if (fence) {
      if (!fence.isClosed) return false;
      this.#finish({ kind: 'code', key: this.#key, ...fence }, fence.length);
      return true;
    }
    if (blockLimit(rest) < rest.length || (isEnded && rest.length > 0)) return this.#finishLong(rest);
    return this.#isCostly ? false : this.#finishParsed(rest);
  }

  get #isFull(): boolean {
    return this.#offset >= MAX_FORMATTED_CHARACTERS || this.#lines >= MAX_FORMATTED_LINES;
  }

  #finishPlain(rest: string, isEnded: boolean): boolean {
    const limit = blockLimit(rest);
    if (limit === rest.length && !(isEnded && rest.length > 0)) return false;
    this.#finish({ kind: 'plain', key: this.#key, text: rest.slice(0, limit) }, limit);
    return true;
  }

  /** Finishes all but the last block of a rest that may grow. */
  #finishParsed(rest: string): boolean {
    if (isSuspect(rest)) return false;
    const tokens = this.#parse(rest);
    if (!tokens) return false;
    let last = tokens.length - 1;
    while (last > 0 && tokens[last]?.type === 'space') last -= 1;
    return this.#finishTokens(tokens.slice(0, last));
  }

  /** Finishes a part of a rest that is long or has ended: all of the part, or all but its last block. */
  #finishLong(rest: string): boolean {
    const limit = blockLimit(rest);
    const part = limit === rest.length ? rest : rest.slice(0, partEnd(rest.slice(0, limit)));
    const tokens = isSuspect(part) ? undefined : this.#parse(part);
    // The last block of a part may go on behind it, unless it is the only one.
    const isWhole = part.length === rest.length || tokens?.length === 1;
    if (tokens && this.#finishTokens(isWhole ? tokens : tokens.slice(0, -1))) return true;
    this.#finish({ kind: 'plain', key: this.#key, text: part }, part.length);
    return true;
  }

  #finishTokens(tokens: readonly Token[]): boolean {
    for (const token of tokens) {
      // The lexer finds fences that `fenceAt` leaves to it, such as those of empty blocks.
      if (token.type === 'space' || token.type === 'def') this.#offset += token.raw.length;
      else this.#finish({ kind: 'tokens', key: this.#key, tokens: [token] }, token.raw.length);
      if (fenceAt(this.#text.slice(this.#offset))) return true;
    }
    return tokens.length > 0;
  }

  #finish(block: Block, length: number): void {
    this.#done.push(block);
    this.#lines += linesOf(block);
    this.#offset += length;
    this.#isCostly = false;
  }

  #last(rest: string, isEnded: boolean): Block {
    const key = this.#key;
    if (this.#isFull) return { kind: 'plain', key, text: rest };
    const fence = fenceAt(rest);
    if (fence) return { kind: 'code', key, ...fence, isClosed: isEnded };
    const tokens = this.#isCostly || isSuspect(rest) ? undefined : this.#parse(rest);
    return tokens ? { kind: 'tokens', key, tokens } : { kind: 'plain', key, text: rest };
  }

  #parse(text: string): Token[] | undefined {
    const from = performance.now();
    try {
      return tokensOf(text);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#isCostly = true;
      return undefined;
    } finally {
      if (performance.now() - from > MAX_PARSE_MS) this.#isCostly = true;
    }
  }
}

function linesOf(block: Block): number {
  if (block.kind === 'code') return LINES_PER_CODE;
  if (block.kind === 'plain') return 1;
  return block.tokens.reduce((sum, { raw }) => sum + raw.split('\n').length, 0);
}

/** Where a part of a long text ends: behind its last empty line, its last line, or anywhere. */
function partEnd(part: string): number {
  const paragraph = part.lastIndexOf('\n\n');
  if (paragraph > 0) return paragraph + 2;
  const line = part.lastIndexOf('\n');
  return line > 0 ? line + 1 : part.length;
}

interface Fence {
  readonly text: string;
  readonly language: string;
  readonly isClosed: boolean;
  /** Characters of the whole block in the source. */
  readonly length: number;
}

const opening = /^(?:[ \t]*\n)* {0,3}(`{3,}|~{3,})[ \t]*([^\n]*)(?:\n|$)/;

/** The block of code at the beginning of a text, if it begins with a fence. */
function fenceAt(source: string): Fence | undefined {
  const open = opening.exec(source.slice(0, 2000));
  const [raw = '', marks = '', info = ''] = open ?? [];
  if (!open || (marks.startsWith('`') && info.includes('`'))) return undefined;
  const close = new RegExp(`(?:^|\\n) {0,3}${marks[0]}{${marks.length},}[ \\t]*(?:\\n|$)`, 'g');
  // The line break before the closing fence may be that of the opening one.
  close.lastIndex = Math.max(0, raw.length - 1);
  const end = close.exec(source);
  const isAtOpening = end !== null && end.index < raw.length;
  const text = end && isAtOpening ? '' : source.slice(raw.length, end?.index ?? source.length);
  const language = /^[\w+#.-]{1,30}/.exec(info)?.[0] ?? '';
  return { text, language, isClosed: end !== null, length: end ? close.lastIndex : source.length };
}

import type { TextMark } from '../../protocol/tokens.ts';
import type { Bindings } from '../native/bindings.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * `llama_vocab_type` of SentencePiece and BPE. For both, llama.cpp first cuts a text at its control tokens and then
 * tokenizes each part on its own (`llama_vocab::impl::tokenize`).
 */
const CUTTABLE: ReadonlySet<number> = new Set([1, 2]);
/** `LLAMA_TOKEN_ATTR_CONTROL` */
const CONTROL = 8;

/** Finds the control tokens of a tokenized text. */
export class TextMarks {
  readonly #bindings: Bindings;
  readonly #tokenizer: Tokenizer;
  /** The text of each control token seen so far, undefined for other tokens: asking costs a call of the library. */
  readonly #texts = new Map<number, string | undefined>();
  readonly #isCuttable: boolean;
  readonly #addsBos: boolean;

  constructor(bindings: Bindings, tokenizer: Tokenizer) {
    this.#bindings = bindings;
    this.#tokenizer = tokenizer;
    const { vocabulary } = tokenizer;
    // An end token behind the text would stand behind its first part, too.
    this.#isCuttable = CUTTABLE.has(bindings.vocabularyType(vocabulary)) && !bindings.addsEos(vocabulary);
    this.#addsBos = bindings.addsBos(vocabulary);
  }

  /**
   * @param tokens those of the text, with its control tokens read as such
   * @param addSpecial whether the tokenizer added what the vocabulary demands in front
   */
  of(text: string, tokens: readonly number[], addSpecial: boolean): TextMark[] {
    if (!this.#isCuttable) return [];
    const marks: TextMark[] = [];
    let from = 0;
    const added = addSpecial && this.#addsBos ? 1 : 0;
    for (const [index, token] of tokens.entries()) {
      const control = index < added ? undefined : this.#controlText(token);
      if (control === undefined) continue;
      const characters = text.indexOf(control, from);
      if (characters < 0) break;
      marks.push({ characters, tokens: index });
      from = characters + control.length;
    }
    return marks;
  }

  #controlText(token: number): string | undefined {
    if (this.#texts.has(token)) return this.#texts.get(token);
    const { vocabulary } = this.#tokenizer;
    const isControl = (this.#bindings.tokenAttributes(vocabulary, token) & CONTROL) !== 0;
    const text = isControl ? this.#bindings.tokenText(vocabulary, token) : undefined;
    this.#texts.set(token, text);
    return text;
  }
}

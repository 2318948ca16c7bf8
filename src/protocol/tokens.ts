/**
 * A place where a tokenized text can be cut without changing the tokens of either part: in front of a control token.
 * `characters` (UTF-16 units) and `tokens` count what stands before it.
 */
export interface TextMark {
  readonly characters: number;
  readonly tokens: number;
}

/**
 * From this length on (UTF-16 units), a text is compared with earlier ones that may begin like it, and only the rest is
 * tokenized. Tokenizing a shorter one takes less than asking what is known of it.
 */
export const LONG_TEXT_CHARACTERS = 2000;

export interface TokenizedText {
  readonly tokens: readonly number[];
  /** In order; empty for a short text, and where the vocabulary does not allow cuts. */
  readonly marks: readonly TextMark[];
}

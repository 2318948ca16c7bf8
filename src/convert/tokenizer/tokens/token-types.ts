/** enum llama_token_type (include/llama.h); SentencePiece has the same numbers. */
export const tokenTypes = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

const markedTexts = new Set(['<pad>', '<mask>', '<2mass>', '[@BOS@]']);

/**
 * Whether an added token is a mark although its file does not say so, as in Command R, DeepSeek Coder and Gemma
 * (the rule of llama.cpp's converter).
 */
export function looksSpecial(text: string): boolean {
  return (
    markedTexts.has(text) ||
    (text.startsWith('<|') && text.endsWith('|>')) ||
    (text.startsWith('<｜') && text.endsWith('｜>')) ||
    (text.startsWith('<unused') && text.endsWith('>'))
  );
}

/** SentencePiece writes a space as this character. */
export const SPACE_MARK = '▁';

/**
 * The text of a user-defined token as the engine looks for it, which is before spaces become marks. Where the original looks
 * later, spaces take the place of marks; a token that it looks for in the text as it was written keeps them.
 */
export function soughtText(text: string, isSoughtWithMarks: boolean): string {
  return isSoughtWithMarks ? text.replaceAll(SPACE_MARK, ' ') : text;
}

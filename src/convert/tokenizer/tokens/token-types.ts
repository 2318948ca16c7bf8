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

/** The engine compares texts with user-defined tokens before it replaces spaces, so they hold spaces themselves. */
export function withSpaces(text: string): string {
  return text.replaceAll(SPACE_MARK, ' ');
}

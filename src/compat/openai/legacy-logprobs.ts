import type { Logprob, PromptLogprob } from '../../api/common.ts';

/** A token of a prompt or of an answer. */
type AnyLogprob = Logprob | PromptLogprob;

/** Log probabilities in the older form of parallel lists. */
interface LegacyLogprobs {
  readonly tokens: string[];
  readonly token_logprobs: (number | null)[];
  /** For each token, the likeliest ones and the token itself, best first. */
  readonly top_logprobs: (Record<string, number> | null)[];
  /** Where each token begins in the whole text, in characters (code points). */
  readonly text_offset: number[];
}

/**
 * The lists for the tokens of an echoed prompt and those of an answer.
 * @param echo the prompt's text, which may lack what the tokenizer added at its start
 * @param start number of characters before these tokens that earlier parts of a stream contained
 */
export function legacyLogprobs(
  prompt: readonly PromptLogprob[],
  answer: readonly Logprob[],
  echo: string,
  start = 0,
): LegacyLogprobs {
  const all: readonly AnyLogprob[] = [...prompt, ...answer];
  const answerStart = start + characterCount(echo);
  return {
    tokens: all.map(tokenText),
    token_logprobs: all.map(({ logprob }) => logprob),
    top_logprobs: all.map(alternatives),
    text_offset: [
      // Counted from the end, where texts and tokens agree.
      ...offsets(prompt, answerStart - lengthOf(prompt)).map((offset) => Math.max(start, offset)),
      ...offsets(answer, answerStart),
    ],
  };
}

/** Number of characters that tokens add to a text. */
export function lengthOf(tokens: readonly AnyLogprob[]): number {
  return characterCount(Buffer.concat(tokens.map(({ bytes }) => Uint8Array.from(bytes))).toString('utf8'));
}

export function characterCount(text: string): number {
  return [...text].length;
}

function offsets(tokens: readonly AnyLogprob[], start: number): number[] {
  // A character that several tokens form counts where it ends.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let offset = start;
  return tokens.map(({ bytes }) => {
    const before = offset;
    offset += characterCount(decoder.decode(Uint8Array.from(bytes), { stream: true }));
    return before;
  });
}

function alternatives({ top_logprobs: top = [], ...token }: AnyLogprob): Record<string, number> | null {
  if (token.logprob === null) return null;
  const found = new Map<string, number>();
  // The likeliest of several tokens with the same text stays.
  for (const one of [...top, { ...token, logprob: token.logprob }]) {
    const text = tokenText(one);
    if (!found.has(text)) found.set(text, one.logprob);
  }
  return Object.fromEntries(found);
}

/** The text of a token, or its bytes as "bytes:\xf0\x9f" when they are no whole characters. */
function tokenText({ token, bytes }: Pick<AnyLogprob, 'token' | 'bytes'>): string {
  if (!token.includes('\ufffd')) return token;
  return `bytes:${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
}

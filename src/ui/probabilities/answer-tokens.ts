/**
 * The tokens of an answer with their probabilities. Tokens are bytes: one may hold a part of a character, so bytes are kept as a
 * string with one character for each byte until they are shown.
 */
import type { Logprob } from '../../api/common.ts';

interface TokenText {
  /** One character for each byte. */
  readonly bytes: string;
  /** What it reads as; undefined if it is only a part of a character. */
  readonly text: string | undefined;
  /** From 0 to 1. */
  readonly probability: number;
}

interface AnswerToken extends TokenText {
  /** What the model weighed, the most likely one first; the chosen token may be among them. */
  readonly alternatives: readonly TokenText[];
}

/** Where the tokens lie in the text of the answer. */
interface Alignment {
  /** Bytes of the text before the first token: what another answer or the user wrote. */
  readonly before: string;
  /** Number of bytes of the tokens before the text begins, such as thinking. */
  readonly skipped: number;
}

export interface AnswerTokens {
  readonly tokens: readonly AnswerToken[];
  /** For each token, the number of bytes before it. */
  readonly starts: readonly number[];
  /** Undefined if the text was changed, so that the tokens are not its own. */
  readonly alignment: Alignment | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** `String.fromCharCode` takes its bytes as arguments, whose number engines bound. */
const CHUNK_BYTES = 8192;

/** @param content the text of the answer, without its thinking */
export function answerTokens(content: string, logprobs: readonly Logprob[]): AnswerTokens {
  const tokens = logprobs.map(
    ({ top_logprobs: top = [], ...chosen }): AnswerToken => ({
      ...tokenText(chosen),
      alternatives: top.map(tokenText).sort((one, other) => other.probability - one.probability),
    }),
  );
  const starts: number[] = [];
  let length = 0;
  for (const { bytes } of tokens) {
    starts.push(length);
    length += bytes.length;
  }
  const all = tokens.map(({ bytes }) => bytes).join('');
  return { tokens, starts, alignment: alignmentOf(bytesOf(content), all) };
}

function alignmentOf(content: string, all: string): Alignment | undefined {
  if (content === '' || all === '') return undefined;
  // Thinking may quote the answer, which comes last.
  const at = all.lastIndexOf(content);
  if (at >= 0) return { before: '', skipped: at };
  const trimmed = all.trimEnd();
  for (const own of [all, trimmed]) {
    if (own !== '' && content.endsWith(own)) return { before: content.slice(0, -own.length), skipped: 0 };
  }
  return undefined;
}

/**
 * The text that goes on with an alternative instead of a token.
 * @returns undefined if there is none: the tokens are not those of the text, the token is not part of it, or the bytes end within a
 * character
 */
export function textWithAlternative(
  { tokens, starts, alignment }: AnswerTokens,
  index: number,
  alternative: Pick<TokenText, 'bytes'>,
): string | undefined {
  const token = tokens[index];
  const start = starts[index];
  if (!alignment || !token || start === undefined) return undefined;
  const { before, skipped } = alignment;
  if (start + token.bytes.length <= skipped) return undefined;
  const kept = tokens
    .slice(0, index)
    .map(({ bytes }) => bytes)
    .join('')
    .slice(skipped);
  // The server leaves out the space with which an answer begins.
  const isFirst = before === '' && kept === '';
  return textOf(before + kept + (isFirst ? alternative.bytes.trimStart() : alternative.bytes));
}

function tokenText({ token, bytes, logprob }: Pick<Logprob, 'token' | 'bytes' | 'logprob'>): TokenText {
  const own = bytes.length > 0 ? binary(Uint8Array.from(bytes)) : bytesOf(token);
  return { bytes: own, text: textOf(own), probability: Math.exp(logprob) };
}

function bytesOf(text: string): string {
  return binary(encoder.encode(text));
}

function binary(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES));
  }
  return text;
}

function textOf(bytes: string): string | undefined {
  try {
    return decoder.decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

const signs: Readonly<Record<string, string>> = { ' ': '␣', '\n': '⏎', '\t': '⇥', '\r': '␍' };

/** A token so that spaces and line ends can be seen; a part of a character as its bytes in hexadecimal. */
export function visibleText({ bytes, text }: Pick<TokenText, 'bytes' | 'text'>): string {
  if (text !== undefined) return text.replace(/[ \n\t\r]/g, (sign) => signs[sign] ?? sign);
  const codes = Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'));
  return `⟨${codes.join(' ')}⟩`;
}

/** @param probability from 0 to 1 */
export function percentText(probability: number): string {
  const percent = probability * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent >= 10 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}

/** How sure the model was, from 0 (not at all) to 4 (certain), for the mark under a token. */
export function sureness(probability: number): number {
  const bounds = [0.25, 0.5, 0.75, 0.95];
  return bounds.filter((bound) => probability >= bound).length;
}

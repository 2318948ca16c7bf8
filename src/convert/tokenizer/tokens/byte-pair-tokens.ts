import { OllamaError } from '../../../base/errors.ts';
import type { GgufValue } from '../../../gguf/types.ts';
import { listOf } from '../../../gguf/writer.ts';
import type { TokenizerJson } from '../tokenizer-json.ts';
import type { AddedTokens } from './added-tokens.ts';
import { decodeAddedText } from './decode-added-text.ts';
import { ADDED_SCORE, TokenList } from './token-list.ts';
import { looksSpecial, SPACE_MARK, soughtText, tokenTypes } from './token-types.ts';

/**
 * The tokens of byte-level BPE or WordPiece, as llama.cpp's converter lists them.
 * @param length undefined = one more than the highest ID
 * @throws OllamaError when a token lies beyond the length
 */
export function tokenizerJsonTokens(
  json: TokenizerJson,
  added: AddedTokens,
  length: number | undefined,
): TokenList {
  const list = new TokenList(length ?? countOf(json, added));
  for (const [text, id] of json.vocabulary) {
    checkFits(text, id, list.length);
    list.set(id, text, tokenTypes.normal);
  }
  for (const [id, token] of added.byId) {
    checkFits(token.text, id, list.length);
    const text = token.isNormalized ? token.text : decodeAddedText(token.text, json.steps.decoder);
    if (token.isSpecial || looksSpecial(text)) list.set(id, text, tokenTypes.control);
    else list.set(id, text, tokenTypes.userDefined);
  }
  return list;
}

/** Texts of WordPiece as the engine has them: marks at the starts of words instead of within them. */
export function wordPieceTokens(
  json: TokenizerJson,
  added: AddedTokens,
  length: number | undefined,
): TokenList {
  const list = tokenizerJsonTokens(json, added, length);
  for (let id = 0; id < list.length; id++) {
    const { text, type } = list.at(id) ?? { text: `[PAD${id}]`, type: tokenTypes.unused };
    if (type !== tokenTypes.control)
      list.set(id, text.startsWith('##') ? text.slice(2) : SPACE_MARK + text, type);
  }
  return list;
}

const byteToken = /^<0x[0-9A-Fa-f]{2}>$/;

/**
 * The tokens of a tokenizer.json that was made from a SentencePiece model. The engine merges by the scores of the results and
 * not by a list of pairs, so a token's score is its place in the list: the reference's equal scores would merge from left to
 * right, and give other tokens than the original.
 */
export function sentencePieceJsonTokens(
  json: TokenizerJson,
  added: AddedTokens,
  length: number | undefined,
): TokenList {
  const list = new TokenList(Math.max(length ?? 0, length === undefined ? countOf(json, added) : 1));
  const scores = mergeScores(json);
  const lowest = -json.merges.length - 1;
  for (const [text, id] of json.vocabulary) {
    checkFits(text, id, list.length);
    list.set(
      id,
      text,
      byteToken.test(text) ? tokenTypes.byte : tokenTypes.normal,
      scores.get(text) ?? lowest,
    );
  }
  for (const [id, token] of added.byId) {
    checkFits(token.text, id, list.length);
    if (token.isSpecial || looksSpecial(token.text) || added.withRole.has(token.text)) {
      list.set(id, token.text, tokenTypes.control, ADDED_SCORE);
    } else {
      const isSoughtWithMarks = token.isNormalized || json.vocabulary.has(token.text);
      list.set(id, soughtText(token.text, isSoughtWithMarks), tokenTypes.userDefined, ADDED_SCORE);
    }
  }
  return list;
}

function mergeScores({ merges }: TokenizerJson): Map<string, number> {
  const scores = new Map<string, number>();
  for (const [rank, [left, right]] of merges.entries()) {
    const text = left + right;
    if (!scores.has(text)) scores.set(text, -rank);
  }
  return scores;
}

/** Pairs as the engine reads them: with one space between, and the spaces within a part as byte-level BPE writes them. */
export function mergeMetadata({ merges }: TokenizerJson): (readonly [string, GgufValue])[] {
  if (merges.length === 0) return [];
  const texts = merges.map((pair) => pair.map((part) => part.replaceAll(' ', 'Ġ')).join(' '));
  return [['tokenizer.ggml.merges', listOf('string', texts)]];
}

function countOf({ vocabulary }: TokenizerJson, { byId }: AddedTokens): number {
  let count = 1;
  for (const id of vocabulary.values()) count = Math.max(count, id + 1);
  for (const id of byId.keys()) count = Math.max(count, id + 1);
  return count;
}

function checkFits(text: string, id: number, length: number): void {
  if (id < length) return;
  const message = `the tokenizer's token ${JSON.stringify(text)} has the ID ${id}, but config.json states a "vocab_size" of ${length}`;
  throw new OllamaError(
    'invalid-request',
    `${message}: resize the embeddings of the model, or remove the token`,
  );
}

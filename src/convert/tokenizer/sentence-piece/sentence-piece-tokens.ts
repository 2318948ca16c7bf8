import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import { quotedValue } from '../../quoted-value.ts';
import { damaged } from '../tokenizer-files.ts';
import { type AddedToken, addedTokenOf } from '../tokenizer-json.ts';
import { ADDED_SCORE, TokenList } from '../tokens/token-list.ts';
import { looksSpecial, soughtText, tokenTypes } from '../tokens/token-types.ts';
import type { SentencePiece, SentencePieceModel } from './sentence-piece-model.ts';

export interface SentencePieceSources {
  readonly model: SentencePieceModel;
  /** Length of the list; undefined = that of the model. */
  readonly length: number | undefined;
  /** added_tokens.json: IDs by text. */
  readonly addedTokensFile: JsonObject | undefined;
  /** tokenizer_config.json */
  readonly settings: JsonObject | undefined;
  /** Added tokens of tokenizer.json, which llama.cpp's converter reads for Phi 3 alone; the types of others differ there. */
  readonly jsonTokens: ReadonlyMap<number, AddedToken> | undefined;
}

/** The tokens of tokenizer.model, changed and followed by added ones, as llama.cpp's converter lists them. */
export function sentencePieceTokens(sources: SentencePieceSources): TokenList {
  const { model, addedTokensFile = {}, settings = {}, jsonTokens } = sources;
  const list = new TokenList(sources.length || model.pieces.length);
  for (const [id, piece] of model.pieces.entries()) putPiece(list, id, piece);
  for (const [text, id] of Object.entries(addedTokensFile)) {
    list.set(checkedId('added_tokens.json', id), text, tokenTypes.userDefined, ADDED_SCORE);
  }
  const listed = settings.added_tokens_decoder;
  for (const [key, value] of isJsonObject(listed) ? Object.entries(listed) : []) {
    const token = addedTokenOf(value);
    if (token) put(list, checkedId('tokenizer_config.json', Number(key)), token, sources);
  }
  for (const [id, token] of jsonTokens ?? []) put(list, id, token, sources);
  return list;
}

const pieceTypes: readonly number[] = Object.values(tokenTypes);

/**
 * Pieces that users defined are found in every text, in the original as in the engine. llama.cpp's converter makes ordinary
 * tokens of them, which the engine then never finds.
 */
function putPiece(list: TokenList, id: number, { text, score, type }: SentencePiece): void {
  const isDefined = type === tokenTypes.userDefined;
  const known = pieceTypes.includes(type) ? type : tokenTypes.normal;
  list.set(id, soughtText(text, isDefined), known, score);
}

/** Pieces of the model are found among marks, as are added tokens that are normalized. */
function put(
  list: TokenList,
  id: number,
  { text, isSpecial, isNormalized }: AddedToken,
  { model, jsonTokens }: SentencePieceSources,
): void {
  const readsText = jsonTokens === undefined;
  if (isSpecial || (readsText && looksSpecial(text))) list.set(id, text, tokenTypes.control, ADDED_SCORE);
  else {
    const isPiece = model.pieces[id]?.text === text;
    const sought = soughtText(text, readsText && (isNormalized || isPiece));
    list.set(id, sought, tokenTypes.userDefined, ADDED_SCORE);
  }
}

function checkedId(file: string, id: unknown): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0) return id;
  throw damaged(file, `gives an added token the ID ${quotedValue(id)}, which is not a valid ID`);
}

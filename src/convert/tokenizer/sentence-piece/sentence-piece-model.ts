import { tokenizerLimits } from '../limits.ts';
import { damaged, type TokenizerFiles } from '../tokenizer-files.ts';
import { tokenTypes } from '../tokens/token-types.ts';
import { floatOfBits, protobufFields } from './protobuf.ts';

export interface SentencePiece {
  readonly text: string;
  readonly score: number;
  /** One of `tokenTypes`, whose numbers are those of SentencePiece. */
  readonly type: number;
}

/** A file tokenizer.model (sentencepiece_model.proto of google/sentencepiece). */
export interface SentencePieceModel {
  readonly pieces: readonly SentencePiece[];
  readonly algorithm: 'unigram' | 'bpe' | 'word' | 'char';
  /** Name of the rule by which characters are replaced before anything else, such as "identity" or "nmt_nfkc". */
  readonly normalization: string;
  /** Whether that rule has a table of characters. */
  readonly replacesCharacters: boolean;
  /** Whether a space is put before the text. */
  readonly addsSpace: boolean;
  /** Whether runs of spaces become one, and spaces at both ends are removed. */
  readonly removesSpaces: boolean;
}

const FILE = 'tokenizer.model';

const algorithms = ['unigram', 'unigram', 'bpe', 'word', 'char'] as const;

const fields = {
  piece: 1,
  trainer: 2,
  normalizer: 3,
  pieceText: 1,
  pieceScore: 2,
  pieceType: 3,
  trainerAlgorithm: 3,
  normalizerName: 1,
  normalizerTable: 2,
  normalizerAddsSpace: 3,
  normalizerRemovesSpaces: 4,
} as const;

/** A piece may begin with the character U+FEFF, which is then no mark of the encoding; Gemma has such pieces. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws OllamaError when the file is damaged or beyond the limits */
export async function readSentencePiece(files: TokenizerFiles): Promise<SentencePieceModel | undefined> {
  const bytes = await files.bytes(FILE, tokenizerLimits.sentencePieceBytes);
  return bytes && parseSentencePiece(bytes);
}

export function parseSentencePiece(bytes: Uint8Array): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  let trainer: number | undefined;
  let normalizer = normalizerOf(new Uint8Array());
  for (const { number, value } of protobufFields(bytes)) {
    if (typeof value === 'number') continue;
    if (number === fields.piece) {
      pieces.push(pieceOf(value, pieces.length));
    } else if (number === fields.trainer) trainer = numberIn(value, fields.trainerAlgorithm);
    else if (number === fields.normalizer) normalizer = normalizerOf(value);
  }
  if (pieces.length === 0) throw damaged(FILE, 'has no tokens: download it again');
  return { pieces, algorithm: algorithms[trainer ?? 1] ?? 'unigram', ...normalizer };
}

function pieceOf(bytes: Uint8Array, id: number): SentencePiece {
  if (id >= tokenizerLimits.tokens) throw damaged(FILE, `has more than ${tokenizerLimits.tokens} tokens`);
  let text = '';
  let score = 0;
  let type: number = tokenTypes.normal;
  for (const { number, value } of protobufFields(bytes)) {
    if (number === fields.pieceText && typeof value !== 'number') text = textOf(value, id);
    else if (number === fields.pieceScore && typeof value === 'number') score = floatOfBits(value);
    else if (number === fields.pieceType && typeof value === 'number') type = value;
  }
  if (Number.isNaN(score)) throw damaged(FILE, `has a score of token ${id} that is not a number`);
  return { text, score, type };
}

function textOf(bytes: Uint8Array, id: number): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw damaged(FILE, `has a token that is not UTF-8 text: number ${id}`);
  }
}

function normalizerOf(
  bytes: Uint8Array,
): Pick<SentencePieceModel, 'normalization' | 'replacesCharacters' | 'addsSpace' | 'removesSpaces'> {
  let normalization = '';
  let replacesCharacters = false;
  let addsSpace = true;
  let removesSpaces = true;
  for (const { number, value } of protobufFields(bytes)) {
    if (typeof value !== 'number') {
      if (number === fields.normalizerName) normalization = Buffer.from(value.subarray(0, 64)).toString();
      if (number === fields.normalizerTable) replacesCharacters = value.length > 0;
    } else if (number === fields.normalizerAddsSpace) addsSpace = value !== 0;
    else if (number === fields.normalizerRemovesSpaces) removesSpaces = value !== 0;
  }
  return { normalization, replacesCharacters, addsSpace, removesSpaces };
}

function numberIn(bytes: Uint8Array, wanted: number): number | undefined {
  let found: number | undefined;
  for (const { number, value } of protobufFields(bytes)) {
    if (number === wanted && typeof value === 'number') found = value;
  }
  return found;
}

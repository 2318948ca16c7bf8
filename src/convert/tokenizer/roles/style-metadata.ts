import type { JsonObject } from '../../../base/json-object.ts';
import type { GgufValue } from '../../../gguf/types.ts';
import type { TokenizerSources } from '../tokenizer-sources.ts';
import type { VocabularyRequest } from '../vocabulary.ts';
import type { VocabularyKind } from '../vocabulary-kind.ts';
import { findSpecialTokens, specialTokenMetadata } from './special-tokens.ts';

type Entries = readonly (readonly [string, GgufValue])[];

const SPACE_KEY = 'tokenizer.ggml.add_space_prefix';
/** Rows by which llama.cpp's converter knows Code Llama and the small Granite models. */
const CODE_LLAMA_SIZE = 32_016;
const SMALL_GRANITE_SIZE = 49_152;
/** ID of the end of a turn that the converter assumes: "▁<EOT>" of Code Llama, "<end_of_turn>" of Gemma 1. */
const CODE_LLAMA_END = 32_010;
const GEMMA_END = 107;
/** Token types of a BERT model that does not state them (transformers' `BertConfig`). */
const BERT_TOKEN_TYPES = 2;

/** Roles that the converter looks for once more for some families; only the end of a turn has a key. */
const insertRoles = ['prefix', 'suffix', 'middle', 'eot'];

const flag = (value: boolean): GgufValue => ({ type: 'bool', value });

/** Keys before the tokenizer's own. */
export function leadingMetadata(
  { style, config }: VocabularyRequest,
  settings: JsonObject | undefined,
): Entries {
  if (style === 'word-piece') {
    const { type_vocab_size: stated } = config;
    const value = typeof stated === 'number' && Number.isInteger(stated) ? stated : BERT_TOKEN_TYPES;
    return [['tokenizer.ggml.token_type_count', { type: 'u32', value }]];
  }
  const addsSpace = settings?.add_prefix_space;
  return style === 'llama' && typeof addsSpace === 'boolean' ? [[SPACE_KEY, flag(addsSpace)]] : [];
}

/** Keys behind the tokenizer's own, which replace earlier ones of the same name. */
export function familyMetadata(
  request: VocabularyRequest,
  sources: TokenizerSources,
  kind: VocabularyKind['kind'],
): Entries {
  const isSentencePiece = kind === 'sentence-piece' || kind === 'sentence-piece-json';
  const again = (roles: readonly string[], end: number) => endOfTurn(request, sources, roles, end);
  switch (request.style) {
    case 'llama':
      if (request.vocabularySize === CODE_LLAMA_SIZE) return again(insertRoles, CODE_LLAMA_END);
      return request.vocabularySize === SMALL_GRANITE_SIZE
        ? [['tokenizer.ggml.add_bos_token', flag(false)]]
        : [];
    case 'gemma':
      return [...again([...insertRoles.slice(0, 3), 'fsep', 'eot'], GEMMA_END), [SPACE_KEY, flag(false)]];
    case 'gemma2':
      return [[SPACE_KEY, flag(false)]];
    case 'gemma3':
      return isSentencePiece ? [[SPACE_KEY, flag(false)]] : [];
    default:
      return [];
  }
}

function endOfTurn(
  { config }: VocabularyRequest,
  { json, settings }: TokenizerSources,
  roles: readonly string[],
  end: number,
): Entries {
  const special = findSpecialTokens({
    json: json && { postProcessor: json.steps.postProcessor, addedTokens: json.addedTokens },
    settings,
    config,
    roles,
    tokenCount: undefined,
  });
  if (!special.ids.has('eot')) special.ids.set('eot', end);
  return specialTokenMetadata(special);
}

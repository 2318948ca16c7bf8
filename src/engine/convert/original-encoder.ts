import { messageOf, OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { tokenizerLimits } from '../../convert/tokenizer/limits.ts';
import { tokenText } from '../../convert/tokenizer/roles/special-tokens.ts';
import { SentencePieceEncoder } from '../../convert/tokenizer/sentence-piece/sentence-piece-encoder.ts';
import { readSentencePiece } from '../../convert/tokenizer/sentence-piece/sentence-piece-model.ts';
import { TokenizerFiles } from '../../convert/tokenizer/tokenizer-files.ts';
import type { OriginalTokenizer } from '../../convert/tokenizer/vocabulary.ts';
import { repairedSteps } from './repaired-steps.ts';

/** Encodes a text as the original tokenizer does, without the tokens that it puts around a text. */
export interface OriginalEncoder {
  encode(text: string): readonly number[];
  /** Encodes a text with the tokens around it, as transformers does. */
  encodeWhole?(text: string): readonly number[];
  /** Whether added tokens are found in a text. */
  readonly findsAddedTokens: boolean;
}

/**
 * The tokenizer of the folder: tokenizer.json by Hugging Face's own library, and tokenizer.model by our encoder.
 * @throws OllamaError when the tokenizer is of a kind that the engine does not have
 */
export async function originalEncoders(original: OriginalTokenizer): Promise<OriginalEncoder[]> {
  const { json, sentencePiece } = original;
  return [
    ...(sentencePiece ? [await sentencePieceEncoder(original)] : []),
    ...(json ? [await jsonEncoder(original)] : []),
  ];
}

async function sentencePieceEncoder({ sentencePiece }: OriginalTokenizer): Promise<OriginalEncoder> {
  const model = await readSentencePiece(new TokenizerFiles(sentencePiece ? [sentencePiece] : []));
  if (!model) throw new OllamaError('invalid-request', 'tokenizer.model is missing');
  if (model.algorithm !== 'bpe') {
    throw refused(`tokenizer.model is of the kind ${model.algorithm}, and the engine has only bpe`);
  }
  if (model.replacesCharacters) {
    const rule = model.normalization || 'a table of its own';
    throw refused(`tokenizer.model replaces characters (${rule}), which the engine does not do`);
  }
  const encoder = new SentencePieceEncoder(model);
  return { findsAddedTokens: false, encode: (text) => encoder.encode(text) };
}

async function jsonEncoder({ json, settings, addedTokens }: OriginalTokenizer): Promise<OriginalEncoder> {
  const files = new TokenizerFiles([json, settings].filter((file) => file !== undefined));
  const content = (await files.json('tokenizer.json', tokenizerLimits.tokenizerJsonBytes)) ?? {};
  const config = (await files.json('tokenizer_config.json')) ?? {};
  // Only for imports: it takes hundreds of megabytes for a large vocabulary, so the server does not load it.
  const { Tokenizer } = await import('@huggingface/tokenizers');
  return known(() => {
    const tokenizer = new Tokenizer(completed(content, addedTokens), config);
    const encode = (text: string) => known(() => tokenizer.encode(text, { add_special_tokens: false }).ids);
    const start = startToken(config, (text) => tokenizer.token_to_id(text));
    const encodeWhole = (text: string) =>
      start === undefined ? known(() => tokenizer.encode(text).ids) : [start, ...encode(text)];
    return { findsAddedTokens: true, encode, encodeWhole };
  });
}

/** The library throws errors of any kind, some only while it encodes, for what it does not know or expect. */
function known<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof OllamaError) throw error;
    throw refused(`tokenizer.json has a part that is not known: ${messageOf(error)}`);
  }
}

/** Classes of transformers that put the first token before a text whatever tokenizer.json says. */
const classesWithStart = /^(?:CodeLlama|Cohere|Llama)Tokenizer(?:Fast)?$/;

function startToken(config: JsonObject, idOf: (text: string) => number | undefined): number | undefined {
  const { tokenizer_class: name, add_bos_token: adds, bos_token: token } = config;
  if (typeof name !== 'string' || !classesWithStart.test(name) || adds === false) return undefined;
  const text = tokenText(token);
  return text === undefined ? undefined : idOf(text);
}

/** The file with everything that the library needs, and with the added tokens of the other files. */
function completed(content: JsonObject, added: OriginalTokenizer['addedTokens']): JsonObject {
  return {
    normalizer: null,
    post_processor: null,
    decoder: null,
    ...content,
    pre_tokenizer: repairedSteps(content.pre_tokenizer ?? null),
    model: isJsonObject(content.model) ? content.model : {},
    added_tokens: [...added].map(([id, token]) => ({
      id,
      content: token.text,
      special: token.isSpecial,
      normalized: token.isNormalized,
      lstrip: token.stripsLeft,
      rstrip: token.stripsRight,
      single_word: token.isWord,
    })),
  };
}

function refused(reason: string): OllamaError {
  return new OllamaError('invalid-request', `the tokenizer cannot be carried over: ${reason}`);
}

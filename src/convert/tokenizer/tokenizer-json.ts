import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { quotedValue } from '../quoted-value.ts';
import { tokenizerLimits } from './limits.ts';
import { damaged, type TokenizerFiles } from './tokenizer-files.ts';

/** A token that is found in a text before anything else is done to it. */
export interface AddedToken {
  readonly text: string;
  readonly isSpecial: boolean;
  /** Whether it is looked for in the normalized text. */
  readonly isNormalized: boolean;
  /** Whether white space before or after it belongs to it. */
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
  /** Whether it is found only between other words. */
  readonly isWord: boolean;
}

/** tokenizer.json, checked (https://huggingface.co/docs/tokenizers). */
export interface TokenizerJson {
  /** "BPE", "WordPiece", "Unigram" or "WordLevel". */
  readonly type: string;
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Pairs in the order in which they are merged. */
  readonly merges: readonly (readonly [string, string])[];
  readonly hasByteFallback: boolean;
  /** Whether a word that is a token is not split, whatever the merges say. */
  readonly ignoresMerges: boolean;
  readonly addedTokens: ReadonlyMap<number, AddedToken>;
  /** Text of the token for what the vocabulary does not have. */
  readonly unknown: string | undefined;
  readonly steps: TokenizerSteps;
}

/** The parts around the model, as the file has them. */
export interface TokenizerSteps {
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  readonly postProcessor: unknown;
  readonly decoder: unknown;
}

const FILE = 'tokenizer.json';

/** @throws OllamaError when the file is damaged or beyond the limits */
export async function readTokenizerJson(files: TokenizerFiles): Promise<TokenizerJson | undefined> {
  const json = await files.json(FILE, tokenizerLimits.tokenizerJsonBytes);
  return json && parseTokenizerJson(json);
}

function parseTokenizerJson(json: JsonObject): TokenizerJson {
  const { model } = json;
  if (!isJsonObject(model)) throw damaged(FILE, 'has no "model": save the tokenizer with transformers again');
  const type = typeof model.type === 'string' ? model.type : typeOf(model);
  if (type !== 'Unigram' && !isJsonObject(model.vocab)) throw damaged(FILE, 'has no "vocab" in its model');
  checkNesting(json);
  return {
    type,
    vocabulary: isJsonObject(model.vocab) ? vocabularyOf(model.vocab) : new Map(),
    merges: type === 'BPE' ? mergesOf(model.merges) : [],
    hasByteFallback: model.byte_fallback === true,
    ignoresMerges: model.ignore_merges === true,
    addedTokens: addedTokensOf(json.added_tokens),
    unknown: typeof model.unk_token === 'string' ? model.unk_token : undefined,
    steps: {
      normalizer: json.normalizer,
      preTokenizer: json.pre_tokenizer,
      postProcessor: json.post_processor,
      decoder: json.decoder,
    },
  };
}

/** Nested steps are followed by functions that call themselves, here and in the library that the tokens are compared with. */
function checkNesting(json: JsonObject): void {
  for (const part of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']) {
    if (isNested(json[part], tokenizerLimits.nesting))
      throw damaged(FILE, `has a "${part}" nested too deeply`);
  }
}

function isNested(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isNested(part, levels - 1));
}

/** Files of older versions do not name the type. */
function typeOf(model: JsonObject): string {
  if ('merges' in model) return 'BPE';
  return 'unk_id' in model ? 'Unigram' : 'WordPiece';
}

function vocabularyOf(vocabulary: JsonObject): Map<string, number> {
  const entries = Object.entries(vocabulary);
  if (entries.length > tokenizerLimits.tokens) throw tooMany('tokens', tokenizerLimits.tokens);
  const ids = new Map<string, number>();
  const texts = new Map<number, string>();
  for (const [text, id] of entries) {
    checkId(id, text);
    checkLength(text);
    const other = texts.get(id);
    if (other !== undefined) {
      throw damaged(FILE, `gives the ID ${id} to both ${quotedValue(other)} and ${quotedValue(text)}`);
    }
    texts.set(id, text);
    ids.set(text, id);
  }
  return ids;
}

function mergesOf(merges: unknown): (readonly [string, string])[] {
  if (!Array.isArray(merges)) throw damaged(FILE, 'has no list of "merges" in its model');
  if (merges.length > tokenizerLimits.merges) throw tooMany('merges', tokenizerLimits.merges);
  return merges.map((merge: unknown, index) => {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right]: unknown[] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof left !== 'string' || typeof right !== 'string') {
      throw damaged(FILE, `has a merge that is not a pair of texts: number ${index}`);
    }
    checkLength(left);
    checkLength(right);
    return [left, right] as const;
  });
}

function addedTokensOf(tokens: unknown): Map<number, AddedToken> {
  if (tokens === undefined || tokens === null) return new Map();
  if (!Array.isArray(tokens)) throw damaged(FILE, 'has "added_tokens" that are not a list');
  if (tokens.length > tokenizerLimits.tokens) throw tooMany('added tokens', tokenizerLimits.tokens);
  return new Map(
    tokens.map((token: unknown, index) => {
      const added = addedTokenOf(token);
      const id = isJsonObject(token) ? token.id : undefined;
      if (!added) throw damaged(FILE, `has an added token without a text: number ${index}`);
      checkId(id, added.text);
      return [id, added] as const;
    }),
  );
}

/** An added token as tokenizer.json and tokenizer_config.json write it; undefined when it has no text. */
export function addedTokenOf(value: unknown): AddedToken | undefined {
  if (!isJsonObject(value) || typeof value.content !== 'string') return undefined;
  checkLength(value.content);
  const isSpecial = value.special === true;
  return {
    text: value.content,
    isSpecial,
    isNormalized: typeof value.normalized === 'boolean' ? value.normalized : !isSpecial,
    stripsLeft: value.lstrip === true,
    stripsRight: value.rstrip === true,
    isWord: value.single_word === true,
  };
}

function checkId(id: unknown, text: string): asserts id is number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < tokenizerLimits.tokens) return;
  throw damaged(
    FILE,
    `gives the token ${quotedValue(text)} the ID ${quotedValue(id)}, which is not a valid ID`,
  );
}

function checkLength(text: string): void {
  if (text.length <= tokenizerLimits.tokenLength) return;
  throw damaged(FILE, `has a token of ${text.length} characters; at most ${tokenizerLimits.tokenLength}`);
}

function tooMany(things: string, limit: number) {
  return damaged(FILE, `has more than ${limit} ${things}`);
}

import type { JsonObject } from '../../base/json-object.ts';
import type { GgufValue } from '../../gguf/types.ts';
import type { SourceFile } from '../source-file.ts';
import type { AddedToken } from './tokenizer-json.ts';

/**
 * How a family's vocabulary is read, named after the families for which llama.cpp's converter has a method of its own:
 *
 * - `bpe`: byte-level BPE of tokenizer.json (Qwen 3, OLMo, Cohere, gpt-oss, DeepSeek, LFM2, ...)
 * - `sentence-piece-or-bpe`: tokenizer.model if it is there, otherwise as `bpe` (Qwen 2)
 * - `llama`: tokenizer.model, otherwise a tokenizer.json of that kind, otherwise as `bpe` (Llama, Mistral, Granite, SmolLM3, ...)
 * - `gemma`, `gemma2`, `gemma3`: tokenizer.model or a tokenizer.json of that kind, without a space before the text
 * - `phi3`: tokenizer.model with the added tokens of all files, or as `bpe` for Phi 4
 * - `word-piece`: BERT and its kin
 */
export type TokenizerStyle =
  | 'bpe'
  | 'sentence-piece-or-bpe'
  | 'llama'
  | 'gemma'
  | 'gemma2'
  | 'gemma3'
  | 'phi3'
  | 'word-piece';

export interface VocabularyRequest {
  /** All files of the folder; those that concern tokenizers are read. */
  readonly files: readonly SourceFile[];
  readonly style: TokenizerStyle;
  /** config.json as it was read. */
  readonly config: JsonObject;
  /** Rows of the embedding as config.json or the defaults of the family state them; undefined when neither does. */
  readonly vocabularySize: number | undefined;
}

/** What a tokenizer contributes to the plan. */
export interface Vocabulary {
  /** `tokenizer.*` keys in the order in which they are written. */
  readonly metadata: readonly (readonly [key: string, value: GgufValue])[];
  /** Length of the list of tokens, padding included. */
  readonly tokenCount: number;
  /** IDs of all tokens that end a completion, the first one being the end of the sequence. */
  readonly endTokens: readonly number[];
  /** Things to know, each a status line of its own. */
  readonly warnings: readonly string[];
  /** What the tokens of the engine are compared with. */
  readonly original: OriginalTokenizer;
}

/** The tokenizer of the folder itself. */
export interface OriginalTokenizer {
  /** tokenizer.json, which `@huggingface/tokenizers` reads; absent where there is only a tokenizer.model. */
  readonly json?: SourceFile;
  /** tokenizer_config.json, where there is one. */
  readonly settings?: SourceFile;
  /** tokenizer.model, where the vocabulary comes from it. */
  readonly sentencePiece?: SourceFile;
  /** Added tokens of all files by ID, which the comparison puts between words. */
  readonly addedTokens: ReadonlyMap<number, AddedToken>;
  readonly kind: 'byte-pairs' | 'word-piece' | 'sentence-piece';
  /** For byte pairs: the pre-tokenizer's name as the structure of tokenizer.json gives it, if it is known. */
  readonly preTokenizer?: string;
  readonly normalization: Normalization;
}

/** What the original does to texts, as far as the engine may not do the same. */
export interface Normalization {
  /** Whether characters are put into one of Unicode's composed or decomposed forms. */
  readonly composes: boolean;
  readonly stripsAccents: boolean;
  /** Whether a space is put before the text, but not after added tokens within it. */
  readonly addsSpaceOnce: boolean;
  /** Whether no space is put before a text that begins with one. */
  readonly keepsFirstSpace: boolean;
}

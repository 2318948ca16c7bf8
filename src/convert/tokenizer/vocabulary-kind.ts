import { OllamaError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';
import { damaged, type TokenizerFiles } from './tokenizer-files.ts';
import type { TokenizerJson } from './tokenizer-json.ts';
import type { TokenizerSources } from './tokenizer-sources.ts';
import type { TokenizerStyle } from './vocabulary.ts';

/** Which file a vocabulary comes from, and for which of the engine's tokenizers. */
export type VocabularyKind =
  | { readonly kind: 'sentence-piece'; readonly model: NonNullable<TokenizerSources['model']> }
  /** A tokenizer.json that was made from a tokenizer.model. */
  | { readonly kind: 'sentence-piece-json' | 'byte-pairs' | 'word-piece'; readonly json: TokenizerJson };

/**
 * Chooses as llama.cpp's converter does, which prefers tokenizer.model where a family may have either. Beyond it, Gemma and
 * Phi 3 may come without tokenizer.model, as today's transformers saves them.
 * @throws OllamaError when the files do not suffice
 */
export function chooseVocabularyKind(
  style: TokenizerStyle,
  sources: TokenizerSources,
  files: TokenizerFiles,
): VocabularyKind {
  const { json, model, settings } = sources;
  if (style === 'word-piece') return { kind: 'word-piece', json: requireType('WordPiece', json, files) };
  const isPhi4 = style === 'phi3' && settings?.tokenizer_class === 'GPT2Tokenizer';
  if (style !== 'bpe' && !isPhi4 && model) return { kind: 'sentence-piece', model };
  const checked = requireType('BPE', json, files);
  const mayBeSentencePiece = style !== 'bpe' && style !== 'sentence-piece-or-bpe' && !isPhi4;
  return {
    kind: mayBeSentencePiece && isFromSentencePiece(checked) ? 'sentence-piece-json' : 'byte-pairs',
    json: checked,
  };
}

/** Whether unknown characters are written as bytes such as `<0x0A>`, and a sequence of steps puts them together again. */
function isFromSentencePiece({ type, hasByteFallback, steps }: TokenizerJson): boolean {
  const { decoder } = steps;
  return type === 'BPE' && hasByteFallback && isJsonObject(decoder) && decoder.type === 'Sequence';
}

function requireType(type: string, json: TokenizerJson | undefined, files: TokenizerFiles): TokenizerJson {
  if (!json) throw missing(files);
  if (json.type === type) return json;
  throw damaged(
    'tokenizer.json',
    `has a tokenizer of the type ${json.type}; models of this family have ${type}`,
  );
}

function missing(files: TokenizerFiles): OllamaError {
  const has = (name: string) => files.find(name) !== undefined;
  if (has('tokenizer.model')) {
    return new OllamaError(
      'invalid-request',
      'tokenizer.json is needed beside tokenizer.model for this family',
    );
  }
  if (has('tekken.json')) {
    const message =
      'tekken.json alone is not read yet: take tokenizer.json from a copy of the model that has one';
    return new OllamaError('invalid-request', message);
  }
  if (has('vocab.json') && has('merges.txt')) {
    const message =
      'only vocab.json and merges.txt: save the tokenizer with transformers first, which writes tokenizer.json';
    return new OllamaError('invalid-request', message);
  }
  return new OllamaError('invalid-request', 'no tokenizer: tokenizer.json or tokenizer.model is needed');
}

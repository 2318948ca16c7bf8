import type { GgufValue } from '../../gguf/types.ts';
import { listOf } from '../../gguf/writer.ts';
import { quotedValue } from '../quoted-value.ts';
import { namePreTokenizer } from './pre-tokenizer/pre-tokenizer.ts';
import { chatTemplateMetadata, readChatTemplates } from './roles/chat-templates.ts';
import { findEndTokens, furtherEndRoles } from './roles/end-tokens.ts';
import { describeNormalization } from './roles/normalization.ts';
import { normalizerMetadata } from './roles/normalizer-flags.ts';
import { findSpecialTokens, specialTokenMetadata, usualRoles } from './roles/special-tokens.ts';
import { familyMetadata, leadingMetadata } from './roles/style-metadata.ts';
import { sentencePieceTokens } from './sentence-piece/sentence-piece-tokens.ts';
import { TokenizerFiles } from './tokenizer-files.ts';
import { readTokenizerSources, type TokenizerSources } from './tokenizer-sources.ts';
import { type AddedTokens, collectAddedTokens } from './tokens/added-tokens.ts';
import {
  mergeMetadata,
  sentencePieceJsonTokens,
  tokenizerJsonTokens,
  wordPieceTokens,
} from './tokens/byte-pair-tokens.ts';
import type { TokenList } from './tokens/token-list.ts';
import type { OriginalTokenizer, Vocabulary, VocabularyRequest } from './vocabulary.ts';
import { chooseVocabularyKind, type VocabularyKind } from './vocabulary-kind.ts';

type Entries = readonly (readonly [string, GgufValue])[];

/** The name of a pre-tokenizer that the comparison has yet to find. */
const UNKNOWN_PRE_TOKENIZER = 'default';

/**
 * Reads the tokenizer of a folder as metadata: the keys, values and order are those of llama.cpp's converter, except where
 * docs/importing.md names a difference.
 * @throws OllamaError when a file is missing, damaged or beyond the limits
 */
export async function readVocabulary(request: VocabularyRequest): Promise<Vocabulary> {
  const files = new TokenizerFiles(request.files);
  const sources = await readTokenizerSources(files);
  const kind = chooseVocabularyKind(request.style, sources, files);
  const added = addedTokensOf(sources);
  const tokens = tokensOf(kind, request, sources, added);
  const special = findSpecialTokens({
    json: sources.json && {
      postProcessor: sources.json.steps.postProcessor,
      addedTokens: sources.json.addedTokens,
    },
    settings: sources.settings,
    config: request.config,
    roles: usualRoles,
    tokenCount: kind.kind === 'byte-pairs' ? undefined : tokens.length,
  });
  nameUnknown(kind, special.ids);
  const known = special.ids.get('eos');
  const endTokens = findEndTokens(known, request.config, sources.generation, tokens.length);
  if (known === undefined && endTokens[0] !== undefined) special.ids.set('eos', endTokens[0]);
  const templates = chatTemplateMetadata(await readChatTemplates(files, sources.settings));
  const metadata = new Map<string, GgufValue>([
    ...leadingMetadata(request, sources.settings),
    ...modelMetadata(kind),
    ...tokens.metadata(kind.kind.startsWith('sentence-piece')),
    ...(kind.kind === 'byte-pairs' ? mergeMetadata(kind.json) : []),
    ...specialTokenMetadata(special),
    ...templates,
    ...normalizerMetadata(sources.json?.steps.normalizer),
    ...familyMetadata(request, sources, kind.kind),
    ...endTokenMetadata(endTokens, tokens, special.ids),
  ]);
  return {
    metadata: [...metadata],
    tokenCount: tokens.length,
    endTokens,
    warnings: wordWarnings(added),
    original: originalOf(kind, files, sources, added),
  };
}

/** The engine has no such tokens, and the library of the comparison does not know them either. */
function wordWarnings({ byId }: AddedTokens): string[] {
  const word = [...byId.values()].find(({ isWord }) => isWord);
  if (!word) return [];
  return [
    `the engine finds ${quotedValue(word.text)} within other words too, and the original only between words`,
  ];
}

/** The engine takes token 100 for unknown words where no file names another one; the tokenizer itself does. */
function nameUnknown(kind: VocabularyKind, ids: Map<string, number>): void {
  if (kind.kind !== 'word-piece' || ids.has('unk')) return;
  const id = kind.json.vocabulary.get(kind.json.unknown ?? '');
  if (id !== undefined) ids.set('unk', id);
}

function addedTokensOf(sources: TokenizerSources): AddedTokens {
  const { json, settings, specialTokensMap, addedTokensFile } = sources;
  const base = json ?? { vocabulary: new Map<string, number>(), addedTokens: new Map<number, never>() };
  return collectAddedTokens({ json: base, settings, specialTokensMap, addedTokensFile });
}

function tokensOf(
  kind: VocabularyKind,
  { style, vocabularySize }: VocabularyRequest,
  sources: TokenizerSources,
  added: AddedTokens,
): TokenList {
  switch (kind.kind) {
    case 'sentence-piece':
      return sentencePieceTokens({
        model: kind.model,
        length: vocabularySize,
        addedTokensFile: sources.addedTokensFile,
        settings: sources.settings,
        jsonTokens: style === 'phi3' ? (sources.json?.addedTokens ?? new Map<number, never>()) : undefined,
      });
    case 'sentence-piece-json':
      return sentencePieceJsonTokens(kind.json, added, vocabularySize);
    case 'word-piece':
      return wordPieceTokens(kind.json, added, vocabularySize);
    case 'byte-pairs':
      return tokenizerJsonTokens(kind.json, added, vocabularySize);
  }
}

function modelMetadata(kind: VocabularyKind): Entries {
  const entries = (model: string, pre: string): Entries => [
    ['tokenizer.ggml.model', { type: 'string', value: model }],
    ['tokenizer.ggml.pre', { type: 'string', value: pre }],
  ];
  switch (kind.kind) {
    case 'sentence-piece':
    case 'sentence-piece-json':
      return entries('llama', 'default');
    case 'word-piece':
      return entries('bert', 'bert-bge');
    case 'byte-pairs':
      return entries('gpt2', namePreTokenizer(kind.json) ?? UNKNOWN_PRE_TOKENIZER);
  }
}

/** All end tokens where there are several, under the key that Ollama's engine reads. */
function endTokenMetadata(
  endTokens: readonly number[],
  tokens: TokenList,
  taken: ReadonlyMap<string, number>,
): Entries {
  if (endTokens.length < 2) return [];
  const further = furtherEndRoles(endTokens, (id) => tokens.at(id)?.text, taken);
  return [
    ...specialTokenMetadata({ ids: further, adds: new Map() }),
    ['tokenizer.ggml.eos_token_ids', listOf('i32', endTokens)],
  ];
}

function originalOf(
  kind: VocabularyKind,
  files: TokenizerFiles,
  sources: TokenizerSources,
  added: AddedTokens,
): OriginalTokenizer {
  const json = files.find('tokenizer.json');
  const settings = files.find('tokenizer_config.json');
  const sentencePiece = kind.kind === 'sentence-piece' ? files.find('tokenizer.model') : undefined;
  const preTokenizer = kind.kind === 'byte-pairs' ? namePreTokenizer(kind.json) : undefined;
  return {
    ...(json && { json }),
    ...(settings && { settings }),
    ...(sentencePiece && { sentencePiece }),
    addedTokens: added.byId,
    kind: kind.kind === 'sentence-piece-json' ? 'sentence-piece' : kind.kind,
    ...(preTokenizer !== undefined && { preTokenizer }),
    normalization: describeNormalization(sources.json?.steps),
  };
}

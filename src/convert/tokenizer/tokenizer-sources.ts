import type { JsonObject } from '../../base/json-object.ts';
import { readSentencePiece, type SentencePieceModel } from './sentence-piece/sentence-piece-model.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';
import { readTokenizerJson, type TokenizerJson } from './tokenizer-json.ts';

/** The tokenizer files of a folder, read and checked. */
export interface TokenizerSources {
  readonly json: TokenizerJson | undefined;
  readonly model: SentencePieceModel | undefined;
  /** tokenizer_config.json */
  readonly settings: JsonObject | undefined;
  readonly specialTokensMap: JsonObject | undefined;
  /** added_tokens.json: IDs by text. */
  readonly addedTokensFile: JsonObject | undefined;
  /** generation_config.json */
  readonly generation: JsonObject | undefined;
}

/** @throws OllamaError naming the file that is damaged or beyond the limits */
export async function readTokenizerSources(files: TokenizerFiles): Promise<TokenizerSources> {
  const [settings, specialTokensMap, addedTokensFile, generation] = await Promise.all(
    ['tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json', 'generation_config.json'].map(
      (name) => files.json(name),
    ),
  );
  return {
    json: await readTokenizerJson(files),
    model: await readSentencePiece(files),
    settings,
    specialTokensMap,
    addedTokensFile,
    generation,
  };
}

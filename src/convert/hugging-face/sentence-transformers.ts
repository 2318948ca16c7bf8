/** Settings of the library sentence-transformers, which stand beside config.json in models that embed texts. */
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';
import type { Family } from '../families/family.ts';
import { Config } from './config.ts';
import type { Folder } from './folder.ts';

/** llama.cpp's `llama_pooling_type`. */
const poolingTypes = { mean: 1, cls: 2, last: 3 } as const;

/** Settings that choose a kind of pooling by being true, in the order in which the reference asks them. */
const poolingFlags: readonly (readonly [name: string, type: number])[] = [
  ['pooling_mode_mean_tokens', poolingTypes.mean],
  ['pooling_mode_cls_token', poolingTypes.cls],
  ['pooling_mode_lasttoken', poolingTypes.last],
];

/** Values of "pooling_mode", which newer folders have. */
const poolingModes: Readonly<Record<string, number>> = {
  mean: poolingTypes.mean,
  cls: poolingTypes.cls,
  lasttoken: poolingTypes.last,
};

/** Modules that the engine or the server computes, by the end of their type. */
const known = /(?:^|\.)(?:Transformer|Pooling|Normalize)$/;

/** Prompts in a message; their texts may be long. */
const MAX_PROMPTS = 4;
const MAX_PROMPT_LENGTH = 80;

export interface SentenceEmbedding {
  /** `llama_pooling_type`; absent where the folder does not say. */
  readonly pooling?: number;
  readonly warnings: readonly string[];
}

/**
 * Reads modules.json and what it names. A folder of BERT without it gets the mean, as sentence-transformers does.
 * @param embeds that of the family
 * @throws OllamaError `invalid-request` when the model has a step that the engine does not compute
 */
export async function readSentenceTransformers(
  folder: Folder,
  embeds: Family['embeds'],
): Promise<SentenceEmbedding> {
  if (embeds === undefined) return { warnings: [] };
  const modules = await folder.json('modules.json');
  const warnings = await promptWarnings(folder);
  if (modules === undefined) return embeds === 'always' ? withoutModules(warnings) : { warnings };
  if (!Array.isArray(modules)) throw new OllamaError('invalid-request', 'modules.json must hold a list');
  let pooling: number | undefined;
  for (const module of modules) {
    const { type, path } = isJsonObject(module) ? module : {};
    if (typeof type !== 'string' || !known.test(type)) throw unknownModule(type);
    if (type.endsWith('Pooling') && pooling === undefined) pooling = await readPooling(folder, path);
  }
  return { warnings, ...(pooling !== undefined && { pooling }) };
}

function withoutModules(warnings: readonly string[]): SentenceEmbedding {
  const warning = 'modules.json is missing, so the embedding is taken to be the mean of the tokens';
  return { pooling: poolingTypes.mean, warnings: [...warnings, warning] };
}

async function readPooling(folder: Folder, path: unknown): Promise<number> {
  const name = typeof path === 'string' && path !== '' ? `${path}/config.json` : 'config.json';
  const settings = await folder.settings(name);
  if (!settings) throw new OllamaError('invalid-request', `${name} is missing (named in modules.json)`);
  const config = new Config(settings, name);
  const flagged = poolingFlags.filter(([flag]) => config.optionalFlag(flag) === true);
  // Two kinds at once give vectors of twice the size.
  if (flagged.length === 1 && flagged[0]) return flagged[0][1];
  const mode = config.optionalText('pooling_mode');
  const type = mode !== undefined && Object.hasOwn(poolingModes, mode) ? poolingModes[mode] : undefined;
  if (flagged.length === 0 && type !== undefined) return type;
  throw new OllamaError(
    'invalid-request',
    `the pooling in ${name} is not one that the engine computes: the mean of the tokens, the first or the last`,
  );
}

/** The server sends texts to the model as they are. */
async function promptWarnings(folder: Folder): Promise<readonly string[]> {
  const settings = await folder.settings('config_sentence_transformers.json');
  const prompts = isJsonObject(settings?.prompts) ? Object.entries(settings.prompts) : [];
  const used = prompts.filter(([, prompt]) => typeof prompt === 'string' && prompt.trim() !== '');
  if (used.length === 0) return [];
  const shown = used
    .slice(0, MAX_PROMPTS)
    .map(([name, prompt]) => `${name}: ${JSON.stringify(String(prompt).slice(0, MAX_PROMPT_LENGTH))}`);
  return [
    `the model expects one of these prompts before a text, which clients must add: ${shown.join(', ')}`,
  ];
}

function unknownModule(type: unknown): OllamaError {
  const name = typeof type === 'string' ? `"${type.slice(0, 100)}"` : 'without a type';
  return new OllamaError(
    'invalid-request',
    `modules.json has a module ${name}, which the engine does not compute: the embeddings would be wrong`,
  );
}

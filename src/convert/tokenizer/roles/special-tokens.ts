import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import type { GgufValue } from '../../../gguf/types.ts';
import type { AddedToken } from '../tokenizer-json.ts';
import { SequenceTemplates } from './sequence-template.ts';

/** The roles that a special token can have, in the order in which llama.cpp's converter looks for them. */
export const usualRoles: readonly string[] = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];

/** Names of the keys by role; a role without a name here is looked for, but has no key. */
const keyNames: ReadonlyMap<string, string> = new Map([
  ['bos', 'bos'],
  ['eos', 'eos'],
  ['eot', 'eot'],
  ['eom', 'eom'],
  ['unk', 'unknown'],
  ['sep', 'seperator'],
  ['pad', 'padding'],
  ['mask', 'mask'],
]);
const addedRoles = new Set(['bos', 'eos', 'sep']);

export interface SpecialTokenSources {
  /** The steps of tokenizer.json and its added tokens; undefined without that file. */
  readonly json:
    | { readonly postProcessor: unknown; readonly addedTokens: ReadonlyMap<number, AddedToken> }
    | undefined;
  /** tokenizer_config.json */
  readonly settings: JsonObject | undefined;
  /** config.json */
  readonly config: JsonObject;
  readonly roles: readonly string[];
  /** IDs from here on are ignored; undefined = no bound. */
  readonly tokenCount: number | undefined;
}

/** IDs by role, and which tokens are put around a text, both in the order in which they were found. */
export interface SpecialTokens {
  readonly ids: Map<string, number>;
  readonly adds: Map<string, boolean>;
}

/**
 * Finds the special tokens as `SpecialVocab` of gguf-py does, so that the keys and their order are equal: first by the texts
 * in tokenizer_config.json, then by the IDs in config.json. The post-processor of tokenizer.json decides what is added to a
 * text, before tokenizer_config.json.
 */
export function findSpecialTokens(sources: SpecialTokenSources): SpecialTokens {
  const { json, config, tokenCount } = sources;
  const template = new SequenceTemplates(sources.settings, sources.roles);
  if (json) template.apply(json.postProcessor);
  const { settings = {}, roles, adds } = template;
  for (const role of roles) {
    const adding = settings[`add_${role}_token`];
    if (typeof adding === 'boolean' && !adds.has(role)) adds.set(role, adding);
  }
  const idOfText = new Map([...(json?.addedTokens ?? [])].reverse().map(([id, { text }]) => [text, id]));
  const inner = isJsonObject(config.text_config) ? config.text_config : {};
  const named = roles.map(
    (role) => [role, idOfText.get(tokenText(settings[`${role}_token`]) ?? '')] as const,
  );
  const numbered = roles.map((role) => {
    const key = `${role}_token_id`;
    return [role, config[key] ?? inner[key]] as const;
  });
  const ids = new Map<string, number>();
  for (const [role, id] of [...named, ...numbered]) {
    if (isTokenId(id, tokenCount) && !ids.has(role)) ids.set(role, id);
  }
  return { ids, adds };
}

function isTokenId(id: unknown, tokenCount = 2 ** 32): id is number {
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < tokenCount;
}

/** The keys for IDs and additions. */
export function specialTokenMetadata({ ids, adds }: SpecialTokens): (readonly [string, GgufValue])[] {
  return [
    ...[...ids].flatMap(([role, value]) => {
      const name = keyNames.get(role);
      return name ? [[`tokenizer.ggml.${name}_token_id`, { type: 'u32', value }] as const] : [];
    }),
    ...[...adds].flatMap(([role, value]) =>
      addedRoles.has(role) ? [[`tokenizer.ggml.add_${role}_token`, { type: 'bool', value }] as const] : [],
    ),
  ];
}

/** The text of a token, which files give as a string or as an object. */
export function tokenText(value: unknown): string | undefined {
  const text = isJsonObject(value) ? value.content : value;
  return typeof text === 'string' ? text : undefined;
}

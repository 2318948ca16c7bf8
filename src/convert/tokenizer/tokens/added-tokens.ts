import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import { tokenizerLimits } from '../limits.ts';
import { type AddedToken, addedTokenOf, type TokenizerJson } from '../tokenizer-json.ts';

/** The tokens that transformers adds to a vocabulary, from all files of the folder. */
export interface AddedTokens {
  readonly byId: ReadonlyMap<number, AddedToken>;
  /** Texts of the tokens with a role, such as the end of the sequence, and of `additional_special_tokens`. */
  readonly withRole: ReadonlySet<string>;
}

export interface AddedTokenSources {
  readonly json: Pick<TokenizerJson, 'vocabulary' | 'addedTokens'>;
  /** tokenizer_config.json */
  readonly settings: JsonObject | undefined;
  /** special_tokens_map.json and added_tokens.json, which count only where tokenizer_config.json lists no added tokens. */
  readonly specialTokensMap: JsonObject | undefined;
  readonly addedTokensFile: JsonObject | undefined;
}

const roles = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map((role) => `${role}_token`);

/**
 * Collects the added tokens as `PreTrainedTokenizerFast` of transformers 4.57 does: those of tokenizer.json, changed and
 * followed by those of tokenizer_config.json, then the tokens with a role that are none of these.
 */
export function collectAddedTokens(sources: AddedTokenSources): AddedTokens {
  const { json, settings = {}, specialTokensMap = {}, addedTokensFile = {} } = sources;
  const listed = settings.added_tokens_decoder;
  const withRole = tokensWithRole(isJsonObject(listed) ? settings : { ...settings, ...specialTokensMap });
  const table = new AddedTokenTable(json);
  const further = isJsonObject(listed)
    ? listedTokens(listed, withRole)
    : tokensOfFile(addedTokensFile, withRole, table);
  for (const token of further) table.put(token);
  for (const [text, token] of withRole) if (!table.has(text)) table.put(token);
  return { byId: table.byId, withRole: new Set(withRole.keys()) };
}

function listedTokens(listed: JsonObject, withRole: ReadonlyMap<string, AddedToken>): AddedToken[] {
  const inOrder = Object.entries(listed).sort(([left], [right]) => Number(left) - Number(right));
  return inOrder.flatMap(([, value]) => {
    const token = addedTokenOf(value);
    return token ? [{ ...token, isSpecial: token.isSpecial || withRole.has(token.text) }] : [];
  });
}

function tokensOfFile(
  file: JsonObject,
  withRole: ReadonlyMap<string, AddedToken>,
  table: AddedTokenTable,
): AddedToken[] {
  const texts = Object.keys(file).filter((text) => !table.has(text));
  return texts.map((text) => plainToken(text, withRole.has(text)));
}

/** Gives a token the ID that its text has already, or the next free one behind the vocabulary. */
class AddedTokenTable {
  readonly byId: Map<number, AddedToken>;
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #ids = new Map<string, number>();
  #next: number;

  constructor({ vocabulary, addedTokens }: AddedTokenSources['json']) {
    this.byId = new Map(addedTokens);
    this.#vocabulary = vocabulary;
    this.#next = vocabulary.size;
    for (const [id, { text }] of addedTokens) {
      this.#ids.set(text, id);
      this.#next = Math.max(this.#next, id + 1);
    }
  }

  has(text: string): boolean {
    return this.#ids.has(text);
  }

  put(token: AddedToken): void {
    const id = this.#ids.get(token.text) ?? this.#vocabulary.get(token.text) ?? this.#next++;
    this.#ids.set(token.text, id);
    this.byId.set(id, token);
  }
}

function tokensWithRole(settings: JsonObject): Map<string, AddedToken> {
  const additional = Array.isArray(settings.additional_special_tokens)
    ? settings.additional_special_tokens.slice(0, tokenizerLimits.tokens)
    : [];
  const tokens = [...roles.map((role) => settings[role]), ...additional].flatMap((value: unknown) => {
    if (typeof value === 'string' && value !== '') return [plainToken(value, true)];
    const token = addedTokenOf(value);
    return token ? [{ ...token, isSpecial: true }] : [];
  });
  return new Map(tokens.map((token) => [token.text, token]));
}

function plainToken(text: string, isSpecial: boolean): AddedToken {
  return { text, isSpecial, isNormalized: !isSpecial, stripsLeft: false, stripsRight: false, isWord: false };
}

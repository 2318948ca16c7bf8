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
  for (const { id, token } of further) table.put(token, id);
  for (const [text, token] of withRole) if (!table.has(text)) table.put(token);
  return { byId: table.byId, withRole: new Set(withRole.keys()) };
}

/** A token with the ID that its file states. */
interface StatedToken {
  readonly id: unknown;
  readonly token: AddedToken;
}

function listedTokens(listed: JsonObject, withRole: ReadonlyMap<string, AddedToken>): StatedToken[] {
  const inOrder = Object.entries(listed).sort(([left], [right]) => Number(left) - Number(right));
  return inOrder.flatMap(([id, value]) => {
    const token = addedTokenOf(value);
    const isSpecial = token !== undefined && (token.isSpecial || withRole.has(token.text));
    return token ? [{ id: Number(id), token: { ...token, isSpecial } }] : [];
  });
}

function tokensOfFile(
  file: JsonObject,
  withRole: ReadonlyMap<string, AddedToken>,
  table: AddedTokenTable,
): StatedToken[] {
  const entries = Object.entries(file).filter(([text]) => !table.has(text));
  return entries.map(([text, id]) => ({ id, token: plainToken(text, withRole.has(text)) }));
}

/**
 * Gives a token the ID that its text has already, the one that its file states if that is free, or the next one behind the
 * vocabulary.
 */
class AddedTokenTable {
  readonly byId: Map<number, AddedToken>;
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #taken: Set<number>;
  readonly #ids = new Map<string, number>();
  #next: number;

  constructor({ vocabulary, addedTokens }: AddedTokenSources['json']) {
    this.byId = new Map(addedTokens);
    this.#vocabulary = vocabulary;
    this.#taken = new Set(vocabulary.values());
    this.#next = vocabulary.size;
    for (const [id, { text }] of addedTokens) {
      this.#ids.set(text, id);
      this.#taken.add(id);
      this.#next = Math.max(this.#next, id + 1);
    }
  }

  has(text: string): boolean {
    return this.#ids.has(text);
  }

  put(token: AddedToken, stated?: unknown): void {
    const { text } = token;
    const id = this.#ids.get(text) ?? this.#vocabulary.get(text) ?? this.#free(stated) ?? this.#next;
    this.#next = Math.max(this.#next, id + 1);
    this.#ids.set(text, id);
    this.#taken.add(id);
    this.byId.set(id, token);
  }

  #free(id: unknown): number | undefined {
    const isValid = typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < tokenizerLimits.tokens;
    return isValid && !this.#taken.has(id) ? id : undefined;
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

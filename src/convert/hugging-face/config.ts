import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { quotedValue } from '../quoted-value.ts';

/** Integers have 32 bits in the file, and the engine computes with many of them as numbers with a sign. */
const MAX_INTEGER = 2 ** 31 - 1;

interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
}

/**
 * The settings of a model by their names in config.json. Each accessor takes one name or several, of which the first that
 * has a value counts; null counts as absent. An accessor checks what it returns and throws an OllamaError
 * `invalid-request` that names the setting.
 */
export class Config {
  readonly #values: ReadonlyMap<string, unknown>;
  /** Where the settings stand, for messages: `config.json`, or `"rope_scaling" in config.json`. */
  readonly #place: string;

  /** Names of settings that the file leaves out, and that the class of the model assumes. */
  readonly #assumed: ReadonlySet<string>;

  constructor(
    values: JsonObject | ReadonlyMap<string, unknown>,
    place = 'config.json',
    assumed: ReadonlySet<string> = new Set(),
  ) {
    this.#values = values instanceof Map ? values : new Map(Object.entries(values));
    this.#place = place;
    this.#assumed = assumed;
  }

  /** The same settings with some replaced or added. */
  with(values: JsonObject): Config {
    return new Config(new Map([...this.#values, ...Object.entries(values)]), this.#place, this.#assumed);
  }

  has(...names: string[]): boolean {
    return this.#find(names) !== undefined;
  }

  integer(names: string | readonly string[], bounds?: Bounds): number {
    return this.optionalInteger(names, bounds) ?? this.#missing(names);
  }

  optionalInteger(names: string | readonly string[], bounds: Bounds = {}): number | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    const { minimum = 0, maximum = MAX_INTEGER } = bounds;
    const { value } = found;
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum)
      return value;
    return this.#wrong(found.name, `an integer between ${minimum} and ${maximum}`);
  }

  number(names: string | readonly string[]): number {
    return this.optionalNumber(names) ?? this.#missing(names);
  }

  optionalNumber(names: string | readonly string[]): number | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    const { value } = found;
    // Too large for 32 bits is as bad as no number.
    if (typeof value === 'number' && Number.isFinite(Math.fround(value))) return value;
    return this.#wrong(found.name, 'a number that fits into 32 bits');
  }

  text(names: string | readonly string[]): string {
    return this.optionalText(names) ?? this.#missing(names);
  }

  optionalText(names: string | readonly string[]): string | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    return typeof found.value === 'string' ? found.value : this.#wrong(found.name, 'a text');
  }

  /** False where the setting is absent. */
  flag(names: string | readonly string[]): boolean {
    return this.optionalFlag(names) ?? false;
  }

  optionalFlag(names: string | readonly string[]): boolean | undefined {
    const found = this.#find(names);
    if (!found) return undefined;
    return typeof found.value === 'boolean' ? found.value : this.#wrong(found.name, 'true or false');
  }

  /** @param length the number of elements that the list must have, if it is there */
  optionalTexts(name: string, length?: number): readonly string[] | undefined {
    return this.#list(name, 'texts', (value) => typeof value === 'string', length);
  }

  optionalNumbers(name: string, length?: number): readonly number[] | undefined {
    return this.#list(
      name,
      'numbers',
      (value) => typeof value === 'number' && Number.isFinite(value),
      length,
    );
  }

  /** Settings within a setting. */
  optionalSection(name: string): Config | undefined {
    const found = this.#find(name);
    if (!found) return undefined;
    if (!isJsonObject(found.value)) return this.#wrong(name, 'an object');
    return new Config(found.value, `"${name}" in ${this.#place}`);
  }

  /** Whatever stands there, unchecked. */
  value(name: string): unknown {
    return this.#find(name)?.value;
  }

  /** A setting with its value and where it comes from, for messages. */
  statement(name: string): string {
    const statement = `"${name}": ${quotedValue(this.value(name))}`;
    return this.#assumed.has(name)
      ? `${statement}, which holds because ${this.#place} does not state it,`
      : `${statement} in ${this.#place}`;
  }

  /** An error about a setting. `must` completes "… must be". */
  error(name: string, must: string): OllamaError {
    return new OllamaError('invalid-request', `"${name}" in ${this.#place} must be ${must}`);
  }

  #list<T>(
    name: string,
    what: string,
    accepts: (value: unknown) => boolean,
    length?: number,
  ): readonly T[] | undefined {
    const found = this.#find(name);
    if (!found) return undefined;
    const { value } = found;
    const isRight =
      Array.isArray(value) && value.every(accepts) && (length === undefined || value.length === length);
    if (isRight) return value as readonly T[];
    return this.#wrong(name, length === undefined ? `a list of ${what}` : `a list of ${length} ${what}`);
  }

  #find(names: string | readonly string[]): { readonly name: string; readonly value: unknown } | undefined {
    for (const name of typeof names === 'string' ? [names] : names) {
      const value = this.#values.get(name);
      if (value !== undefined && value !== null) return { name, value };
    }
    return undefined;
  }

  #missing(names: string | readonly string[]): never {
    const name = typeof names === 'string' ? names : names[0];
    throw new OllamaError('invalid-request', `${this.#place} has no "${name}", which the model needs`);
  }

  #wrong(name: string, must: string): never {
    throw this.error(name, must);
  }
}

import { LruCache } from '../../base/lru-cache.ts';
import { KIB } from '../../base/units.ts';
import { jsonGrammar } from '../json-grammar.ts';
import type { JsonSpaces } from './json-rules.ts';
import { type CompiledSchema, compileSchema } from './schema-grammar.ts';

/** An application sends the same few schemas again and again. */
const MAX_SCHEMAS = 64;
/** Characters of a schema and its grammar; a kept schema takes about thirty times as many bytes. Larger ones are rare. */
const MAX_KEPT_CHARACTERS = 16 * KIB;

/** Compiles schemas and keeps the most recently used ones, by their text and whoever may know it. */
export class CompiledSchemas {
  readonly #kept = new LruCache<string, CompiledSchema>(MAX_SCHEMAS);
  readonly #compile: (schema: unknown, spaces?: JsonSpaces) => CompiledSchema;
  #anyObject: CompiledSchema | undefined;

  constructor(compile: (schema: unknown, spaces?: JsonSpaces) => CompiledSchema = compileSchema) {
    this.#compile = compile;
  }

  /**
   * @param salt what is kept is used for the same salt only
   * @throws OllamaError `invalid-request`, naming the JSON pointer of what cannot be honoured
   */
  of(schema: unknown, spaces: JsonSpaces = 'free', salt = ''): CompiledSchema {
    const text = textOf(schema);
    const key = text && `${spaces} ${salt.length} ${salt}${text}`;
    const known = key === undefined ? undefined : this.#kept.get(key);
    if (known) return known;
    const compiled = this.#compile(schema, spaces);
    if (key !== undefined && key.length + compiled.grammar.length <= MAX_KEPT_CHARACTERS) {
      this.#kept.set(key, compiled);
    }
    return compiled;
  }

  /** Any JSON object: its own grammar bounds white space, so that a model cannot print nothing else. */
  anyObject(spaces: JsonSpaces = 'free'): CompiledSchema {
    if (spaces === 'fixed') return this.of({ type: 'object' }, spaces);
    this.#anyObject ??= { ...this.#compile({ type: 'object' }), grammar: jsonGrammar };
    return this.#anyObject;
  }
}

/**
 * Stops as soon as the text becomes too long to keep, so that a large schema costs no more here than a small one.
 * @returns undefined for a schema that is not kept: too large or too deep, which compiling it will judge, or with a number
 * such as 1e400, which JSON writes as null
 */
function textOf(schema: unknown): string | undefined {
  let characters = 0;
  const check = (name: string, value: unknown): unknown => {
    characters += name.length + (typeof value === 'string' ? value.length : 1);
    const isExact = typeof value !== 'number' || Number.isFinite(value);
    if (characters > MAX_KEPT_CHARACTERS || !isExact) throw new RangeError('not to be kept');
    return value;
  };
  try {
    return JSON.stringify(schema, check);
  } catch {
    return undefined;
  }
}

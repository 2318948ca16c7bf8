import { LruCache } from '../../base/lru-cache.ts';
import { KIB } from '../../base/units.ts';
import { jsonGrammar } from '../json-grammar.ts';
import { type CompiledSchema, compileSchema } from './schema-grammar.ts';

/** An application sends the same few schemas again and again. */
const MAX_SCHEMAS = 64;
/** Characters of a schema and its grammar; a kept schema takes about thirty times as many bytes. Larger ones are rare. */
const MAX_KEPT_CHARACTERS = 16 * KIB;

/** Compiles schemas and keeps the most recently used ones, by their text. */
export class CompiledSchemas {
  readonly #kept = new LruCache<string, CompiledSchema>(MAX_SCHEMAS);
  readonly #compile: (schema: unknown) => CompiledSchema;
  #anyObject: CompiledSchema | undefined;

  constructor(compile: (schema: unknown) => CompiledSchema = compileSchema) {
    this.#compile = compile;
  }

  /** @throws OllamaError `invalid-request`, naming the JSON pointer of what cannot be honoured */
  of(schema: unknown): CompiledSchema {
    const key = textOf(schema);
    const known = key === undefined ? undefined : this.#kept.get(key);
    if (known) return known;
    const compiled = this.#compile(schema);
    if (key !== undefined && key.length + compiled.grammar.length <= MAX_KEPT_CHARACTERS) {
      this.#kept.set(key, compiled);
    }
    return compiled;
  }

  /** Any JSON object: its own grammar bounds white space, so that a model cannot print nothing else. */
  anyObject(): CompiledSchema {
    this.#anyObject ??= { ...this.#compile({ type: 'object' }), grammar: jsonGrammar };
    return this.#anyObject;
  }
}

/**
 * @returns undefined where JSON is not the schema: it is nested too deeply, which compiling it will say, or it has a number
 * such as 1e400, which JSON writes as null
 */
function textOf(schema: unknown): string | undefined {
  let isExact = true;
  const check = (_: string, value: unknown): unknown => {
    if (typeof value === 'number' && !Number.isFinite(value)) isExact = false;
    return value;
  };
  try {
    const text = JSON.stringify(schema, check);
    return isExact ? text : undefined;
  } catch {
    return undefined;
  }
}

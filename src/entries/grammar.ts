/**
 * The entry `ollama-ts/grammar`: JSON schemas as GBNF grammars, the form that llama.cpp reads.
 *
 * Every name in this file is public API, and its removal or change is a breaking change. Add names one by one.
 */
import { schemaGrammar } from '../grammar/schema/schema-grammar.ts';

export { OllamaError } from '../base/errors.ts';
export { jsonGrammar } from '../grammar/json-grammar.ts';

/**
 * Compiles a JSON schema (drafts 6 to 2020-12) to a grammar whose texts are JSON values that satisfy the schema.
 * Properties appear in the order in which the schema declares them. Its work is bounded.
 * @returns GBNF with the start rule `root`
 * @throws OllamaError `invalid-request` for a schema that is too complex, that no value satisfies, or that has a
 * keyword without support; the message names the JSON pointer of the keyword
 */
export function jsonSchemaGrammar(schema: unknown): string {
  return schemaGrammar(schema);
}

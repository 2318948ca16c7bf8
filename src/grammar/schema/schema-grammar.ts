/** JSON schemas (drafts 6 to 2020-12) as GBNF grammars. */
import { isTimeout, TimeLimit } from '../../base/time-limit.ts';
import { elementsOf, nestingOf, widestStart } from '../gbnf/cost.ts';
import type { Expression } from '../gbnf/expression.ts';
import { grammarText } from '../gbnf/grammar-text.ts';
import { prune } from '../gbnf/prune.ts';
import { RuleBook } from '../gbnf/rule-book.ts';
import { Budget, tooComplex } from './budget.ts';
import { Compiler } from './compiler.ts';
import { refusal } from './refusal.ts';

/** The rule that llama.cpp starts with. */
const START = 'root';
/** llama.cpp reads a grammar of this size in a tenth of a second, while the other streams wait. */
const MAX_ELEMENTS = 250_000;
const MAX_CHARACTERS = 1_000_000;
/** Ways to begin a rule: each is looked at before the first letter, and while letters are chosen. */
const MAX_WAYS = 5000;
/** Real schemas take a few milliseconds; meanwhile nobody else is served. */
const LONGEST_COMPILE_MS = 1000;
/** Of groups in groups: llama.cpp's parser calls itself for each. */
const MAX_NESTING = 100;

/** What a grammar is built with. */
export interface GrammarParts {
  readonly book: RuleBook;
  /** @throws OllamaError `invalid-request` for a schema that is too large */
  compiler(schema: unknown): Compiler;
}

/**
 * A grammar of JSON values that satisfy the schema. Not of all of them: properties come in the order in which they are
 * declared, and none besides where `additionalProperties` does not ask for them.
 * @param wrap puts the value into what surrounds it
 * @returns GBNF with the start rule `root`
 * @throws OllamaError `invalid-request`, naming the JSON pointer of what cannot be honoured
 */
export function schemaGrammar(
  schema: unknown,
  wrap: (value: Expression, book: RuleBook) => Expression = (value) => value,
): string {
  return buildGrammar(({ book, compiler }) => wrap(compileWhole(compiler(schema), schema), book));
}

/** @throws OllamaError `invalid-request` when nothing satisfies the schema, or it cannot be honoured */
export function compileWhole(compiler: Compiler, schema: unknown): Expression {
  const value = compiler.compile([{ schema, path: '#' }], 'schema');
  const reachable = prune(new Map([[START, value], ...compiler.book.rules]), START);
  if (reachable.size > 0) return value;
  throw refusal(compiler.contradictions[0] ?? '#', 'allows no value, so the schema does not either');
}

/**
 * @returns GBNF with the start rule `root`
 * @throws OllamaError `invalid-request` when it becomes too large or takes too long
 */
export function buildGrammar(build: (parts: GrammarParts) => Expression): string {
  try {
    return new TimeLimit(LONGEST_COMPILE_MS).run(() => {
      const budget = new Budget();
      const book = new RuleBook((rules) => budget.spend('rules', rules));
      const compiler = (schema: unknown) => {
        measure(schema, budget);
        return new Compiler(schema, budget, book);
      };
      const start = build({ book, compiler });
      return textWithinLimits(prune(new Map([[START, start], ...book.rules]), START));
    });
  } catch (error) {
    if (isTimeout(error)) throw tooComplex(`it takes longer than ${LONGEST_COMPILE_MS} ms to compile`);
    if (error instanceof RangeError) throw tooComplex('its parts are nested too deeply');
    throw error;
  }
}

function measure(schema: unknown, budget: Budget): void {
  const waiting = [schema];
  while (waiting.length > 0) {
    budget.spend('values', 1);
    const value = waiting.pop();
    if (typeof value === 'string') budget.spend('characters', value.length);
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, part] of Object.entries(value)) {
      budget.spend('characters', name.length);
      waiting.push(part);
    }
  }
}

function textWithinLimits(rules: ReadonlyMap<string, Expression>): string {
  if (elementsOf(rules) > MAX_ELEMENTS)
    throw tooComplex('its repetitions and lists make a grammar that is too large');
  if (Math.max(...[...rules.values()].map(nestingOf)) > MAX_NESTING)
    throw tooComplex('one of its lists has too many values that begin alike');
  if (widestStart(rules) > MAX_WAYS) throw tooComplex('too many different values may begin in one place');
  const text = grammarText(rules);
  if (text.length > MAX_CHARACTERS) throw tooComplex('its grammar is too long');
  return text;
}

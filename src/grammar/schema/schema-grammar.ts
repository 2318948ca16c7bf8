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

/** A schema compiled once, for a grammar of its values alone or of a text around them. */
export interface CompiledSchema {
  /** GBNF of a value, with the start rule `root`. */
  readonly grammar: string;
  /** A value, in terms of the rules of `book`. */
  readonly value: Expression;
  /** Never changed again: `buildGrammar` works on a copy. */
  readonly book: RuleBook;
}

/**
 * Compiles a schema to a grammar of JSON values that satisfy it. Not of all of them: properties come in the order in
 * which the schema declares them, and undeclared ones only where `additionalProperties` asks for them.
 * @throws OllamaError `invalid-request`, naming the JSON pointer of what cannot be honoured
 */
export function compileSchema(schema: unknown): CompiledSchema {
  return withinTime(() => {
    const parts = grammarParts();
    const value = compileWhole(parts.compiler(schema), schema);
    return { grammar: textOf(value, parts.book), value, book: parts.book };
  });
}

/** @returns GBNF of the schema's values. @throws OllamaError as `compileSchema` */
export function schemaGrammar(schema: unknown): string {
  return compileSchema(schema).grammar;
}

/** @throws OllamaError `invalid-request` when nothing satisfies the schema, or it cannot be honoured */
export function compileWhole(compiler: Compiler, schema: unknown): Expression {
  const value = compiler.compile([{ schema, path: '#' }], 'schema');
  const reachable = prune(new Map([[START, value], ...compiler.book.rules]), START);
  if (reachable.size > 0) return value;
  throw refusal(compiler.contradictions[0] ?? '#', 'allows no value, so the schema does not either');
}

/**
 * @param base a compiled schema whose value the grammar may use
 * @returns GBNF with the start rule `root`
 * @throws OllamaError `invalid-request` when the grammar becomes too large or takes too long
 */
export function buildGrammar(build: (parts: GrammarParts) => Expression, base?: CompiledSchema): string {
  return withinTime(() => {
    const parts = grammarParts(base?.book);
    return textOf(build(parts), parts.book);
  });
}

function withinTime<T>(compile: () => T): T {
  try {
    return new TimeLimit(LONGEST_COMPILE_MS).run(compile);
  } catch (error) {
    if (isTimeout(error)) throw tooComplex(`it takes longer than ${LONGEST_COMPILE_MS} ms to compile`);
    if (error instanceof RangeError) throw tooComplex('its parts are nested too deeply');
    throw error;
  }
}

function grammarParts(known?: RuleBook): GrammarParts {
  const budget = new Budget();
  const spend = (rules: number) => budget.spend('rules', rules);
  const book = known ? known.copy(spend) : new RuleBook(spend);
  const compiler = (schema: unknown) => {
    measure(schema, budget);
    return new Compiler(schema, budget, book);
  };
  return { book, compiler };
}

function textOf(start: Expression, { rules }: RuleBook): string {
  return textWithinLimits(prune(new Map([[START, start], ...rules]), START));
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

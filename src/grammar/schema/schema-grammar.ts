/** Compiles JSON schemas (drafts 6 to 2020-12) to GBNF grammars. */
import { isTimeout, TimeLimit } from '../../base/time-limit.ts';
import { elementsOf, nestingOf, widestStart } from '../gbnf/cost.ts';
import { type Expression, never } from '../gbnf/expression.ts';
import { grammarText } from '../gbnf/grammar-text.ts';
import { prune } from '../gbnf/prune.ts';
import { RuleBook } from '../gbnf/rule-book.ts';
import { Budget, tooComplex } from './budget.ts';
import { Compiler } from './compiler.ts';
import { refusal } from './refusal.ts';

/** The start rule that llama.cpp expects. */
const START = 'root';
/** llama.cpp parses a grammar of this size in a tenth of a second, during which the other streams wait. */
const MAX_ELEMENTS = 250_000;
const MAX_CHARACTERS = 1_000_000;
/** Paths from the start of a rule to a character. llama.cpp follows each of them before the first and every later character. */
const MAX_WAYS = 5000;
/** Real schemas take a few milliseconds, or a hundred times as long where many programs share the processor. */
const LONGEST_COMPILE_MS = 5000;
/** Levels of nested groups; llama.cpp's parser recurses once per level. */
const MAX_NESTING = 100;

/** The tools to build a grammar with. */
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
 * Compiles a schema to a grammar whose texts are JSON values that satisfy the schema. It does not allow all of these:
 * properties come in the order of their declaration, and undeclared ones are allowed only as `admitsOthers` decides.
 * @throws OllamaError `invalid-request`, naming the JSON pointer of what cannot be honoured
 */
export function compileSchema(schema: unknown): CompiledSchema {
  return withinTime(() => {
    const parts = grammarParts();
    const compiled = compileWhole(parts.compiler(schema), schema);
    const rules = prune(new Map([[START, compiled], ...parts.book.rules]), START);
    const value = rules.get(START) ?? never;
    const grammar = textWithinLimits(rules);
    rules.delete(START);
    // What the value does not use would only take memory.
    return { grammar, value, book: parts.book.only(rules) };
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
  throw refusal(compiler.contradictions[0] ?? '#', 'allows no value, so no answer can satisfy the schema');
}

/**
 * @param base a compiled schema whose value the grammar may use
 * @returns GBNF with the start rule `root`
 * @throws OllamaError `invalid-request` when the grammar becomes too large or takes too long to build
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
  const ofGrammar = new Budget();
  const spend = (rules: number) => ofGrammar.spend('rules', rules);
  const book = known ? known.copy(spend) : new RuleBook(spend);
  // Each schema has its own budget, so that one over its limit can be replaced by a simpler one.
  const compiler = (schema: unknown) => {
    const budget = new Budget();
    measure(schema, budget);
    return new Compiler(schema, budget, book);
  };
  return { book, compiler };
}

function textOf(start: Expression, { rules }: RuleBook): string {
  return textWithinLimits(prune(new Map([[START, start], ...rules]), START));
}

/** Keywords whose texts describe a schema and never become part of a grammar. */
const describing: ReadonlySet<string> = new Set(['title', 'description', '$comment']);

function measure(schema: unknown, budget: Budget): void {
  const waiting = [schema];
  while (waiting.length > 0) {
    budget.spend('values', 1);
    const value = waiting.pop();
    if (typeof value === 'string') budget.spend('characters', value.length);
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, part] of Object.entries(value)) {
      if (typeof part === 'string' && describing.has(name)) continue;
      budget.spend('characters', name.length);
      waiting.push(part);
    }
  }
}

function textWithinLimits(rules: ReadonlyMap<string, Expression>): string {
  if (elementsOf(rules) > MAX_ELEMENTS)
    throw tooComplex('its repetitions and lists make the grammar too large');
  if (Math.max(...[...rules.values()].map(nestingOf)) > MAX_NESTING)
    throw tooComplex('one of its lists has too many values that begin with the same text');
  if (widestStart(rules) > MAX_WAYS) throw tooComplex('too many alternatives begin at the same place');
  const text = grammarText(rules);
  if (text.length > MAX_CHARACTERS) throw tooComplex('its grammar is too long');
  return text;
}

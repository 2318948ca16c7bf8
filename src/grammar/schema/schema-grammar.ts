/** Compiles JSON schemas (drafts 6 to 2020-12) to GBNF grammars. */
import { OllamaError } from '../../base/errors.ts';
import { elementsOf, nestingOf, widestStart } from '../gbnf/cost.ts';
import { type Expression, never } from '../gbnf/expression.ts';
import { grammarText } from '../gbnf/grammar-text.ts';
import { prune } from '../gbnf/prune.ts';
import { RuleBook } from '../gbnf/rule-book.ts';
import { Budget, tooComplex } from './budget.ts';
import { Compiler } from './compiler.ts';
import type { JsonSpaces } from './json-rules.ts';
import { refusal } from './refusal.ts';
import { MAX_COUNT } from './source.ts';

/** The start rule that llama.cpp expects. */
const START = 'root';
/** llama.cpp parses a grammar of this size in a tenth of a second, during which the other streams wait. */
const MAX_ELEMENTS = 250_000;
const MAX_CHARACTERS = 1_000_000;
/** Paths from the start of a rule to a character. llama.cpp follows each of them before the first and every later character. */
const MAX_WAYS = 5000;
/** If all counts together make a grammar too large, it is compiled again with fewer of them. */
const COUNT_LIMITS: readonly number[] = [MAX_COUNT, 1000, 100];
/** Levels of nested groups; llama.cpp's parser recurses once per level. */
const MAX_NESTING = 100;

/** The tools to build a grammar with. */
export interface GrammarParts {
  readonly book: RuleBook;
  /**
   * @param isSimple whether the schema restricts no values, so that its cost is that of its size and the work that others
   * took does not matter
   * @throws OllamaError `invalid-request` for a schema that is too large
   */
  compiler(schema: unknown, isSimple?: boolean): Compiler;
}

/** A schema compiled once, for a grammar of its values alone or of a text around them. */
export interface CompiledSchema {
  /** GBNF of a value, with the start rule `root`. */
  readonly grammar: string;
  /** JSON pointers of upper bounds, such as `maxLength`, that are too high to be counted: they are left to the model. */
  readonly leftOut: readonly string[];
  /** A value, in terms of the rules of `book`. */
  readonly value: Expression;
  /** Never changed again: `buildGrammar` works on a copy. */
  readonly book: RuleBook;
}

/**
 * Compiles a schema to a grammar whose texts are JSON values that satisfy the schema, except for the bounds in `leftOut`. It
 * does not allow all of these values: properties come in the order of their declaration, and undeclared ones are allowed only
 * as `admitsOthers` decides.
 * @throws OllamaError `invalid-request`, naming the JSON pointer of what cannot be honoured
 */
export function compileSchema(schema: unknown, spaces: JsonSpaces = 'free'): CompiledSchema {
  return withFewerCounts((limit) => {
    const parts = grammarParts(limit, spaces);
    const compiler = parts.compiler(schema);
    const compiled = compileWhole(compiler, schema);
    const rules = prune(new Map([[START, compiled], ...parts.book.rules]), START);
    const value = rules.get(START) ?? never;
    const grammar = textWithinLimits(rules);
    rules.delete(START);
    // What the value does not use would only take memory.
    return { grammar, value, book: parts.book.only(rules), leftOut: [...compiler.counting.leftOut] };
  });
}

/**
 * @returns GBNF of the schema's values
 * @throws OllamaError as `compileSchema`, and for a bound that is too high to be counted
 */
export function schemaGrammar(schema: unknown): string {
  const { grammar, leftOut } = compileSchema(schema);
  const [first] = leftOut;
  if (first === undefined) return grammar;
  throw refusal(first, 'is too high for a grammar to count; lower or remove it');
}

/** @throws OllamaError `invalid-request` when nothing satisfies the schema, or it cannot be honoured */
export function compileWhole(compiler: Compiler, schema: unknown): Expression {
  const value = compiler.compile([{ schema, path: '#' }], 'schema');
  const reachable = prune(new Map([[START, value], ...compiler.book.rules]), START);
  if (reachable.size > 0) return value;
  throw refusal(compiler.contradictions[0] ?? '#', 'allows no value, so no answer can satisfy the schema');
}

/**
 * @param build may be called again, when the grammar becomes too large
 * @param base a compiled schema whose value the grammar may use, with the same white space
 * @returns GBNF with the start rule `root`
 * @throws OllamaError `invalid-request` when the grammar becomes too large
 */
export function buildGrammar(
  build: (parts: GrammarParts) => Expression,
  base?: CompiledSchema,
  spaces: JsonSpaces = 'free',
): string {
  return withFewerCounts((limit) => {
    const parts = grammarParts(limit, spaces, base?.book);
    return textOf(build(parts), parts.book);
  });
}

/** A grammar with more elements than llama.cpp should parse. */
class TooManyElements extends OllamaError {
  constructor() {
    super('invalid-request', tooComplex('its repetitions and lists make the grammar too large').message);
  }
}

function withFewerCounts<T>(compile: (limit: number) => T): T {
  let problem: unknown;
  for (const limit of COUNT_LIMITS) {
    try {
      return compile(limit);
    } catch (error) {
      if (error instanceof RangeError) throw tooComplex('its parts are nested too deeply');
      if (!(error instanceof TooManyElements)) throw error;
      problem = error;
    }
  }
  throw problem;
}

function grammarParts(limit: number, spaces: JsonSpaces, known?: RuleBook): GrammarParts {
  const ofGrammar = new Budget();
  const together = Budget.together();
  const spend = (rules: number) => ofGrammar.spend('rules', rules);
  const book = known ? known.copy(spend) : new RuleBook(spend);
  const compiler = (schema: unknown, isSimple = false) => {
    const budget = isSimple ? new Budget() : new Budget(together);
    measure(schema, budget);
    return new Compiler(schema, { budget, book, counting: { limit, leftOut: new Set() }, spaces });
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
  if (elementsOf(rules) > MAX_ELEMENTS) throw new TooManyElements();
  if (Math.max(...[...rules.values()].map(nestingOf)) > MAX_NESTING)
    throw tooComplex('one of its lists has too many values that begin with the same text');
  if (widestStart(rules) > MAX_WAYS) throw tooComplex('too many alternatives begin at the same place');
  const text = grammarText(rules);
  if (text.length > MAX_CHARACTERS) throw tooComplex('its grammar is too long');
  return text;
}

import { accepts } from '../automaton/automaton.ts';
import { choice, type Expression, isNever, never, rule, sequence } from '../gbnf/expression.ts';
import type { RuleBook } from '../gbnf/rule-book.ts';
import { type Alternative, Alternatives } from './alternatives.ts';
import { type Budget, tooComplex } from './budget.ts';
import { compileArray } from './compile-array.ts';
import { compileNumber, isNumberAllowed } from './compile-number.ts';
import { compileObject } from './compile-object.ts';
import { compileString, exactStringAutomaton } from './compile-string.ts';
import { JsonRules, type JsonSpaces } from './json-rules.ts';
import { literalsOf } from './literals.ts';
import { Patterns } from './patterns.ts';
import { pathTo, refusal } from './refusal.ts';
import {
  allowsAnything,
  explicitKinds,
  intendedKinds,
  type Kinds,
  kindOf,
  structuralKeyword,
} from './schema-types.ts';
import type { Counting, Source, Subschema } from './source.ts';

/** What the compilers of objects, arrays, strings and numbers share. */
export interface Scope {
  readonly book: RuleBook;
  readonly json: JsonRules;
  readonly budget: Budget;
  readonly patterns: Patterns;
  readonly alternatives: Alternatives;
  readonly counting: Counting;
  /** Compiles a value that satisfies all the schemas. @param hint for the name of the rule */
  compile(schemas: readonly Subschema[], hint: string): Expression;
  /**
   * The values of `enum` and `const` that are of these kinds and satisfy the other keywords; undefined when neither
   * keyword is present.
   */
  literals(sources: readonly Source[], kinds: Kinds): unknown[] | undefined;
}

/** Each level takes several frames of the call stack; real schemas stay below 20 levels. */
const MAX_DEPTH = 150;

interface Entry {
  /** Name of the rule; set when a recursive schema refers to it before it is complete. */
  name?: string;
  result?: Expression;
}

export class Compiler implements Scope {
  readonly book: RuleBook;
  readonly json: JsonRules;
  readonly budget: Budget;
  readonly patterns: Patterns;
  readonly alternatives: Alternatives;
  readonly counting: Counting;
  /** Paths at which schemas turned out to allow no value. */
  readonly contradictions: string[] = [];
  readonly #entries = new Map<string, Entry>();
  #depth = 0;

  /** @param parts `book` may be shared between the compilers of several schemas */
  constructor(
    root: unknown,
    parts: { budget: Budget; book: RuleBook; counting: Counting; spaces: JsonSpaces },
  ) {
    const { budget } = parts;
    this.budget = budget;
    this.book = parts.book;
    this.counting = parts.counting;
    this.json = new JsonRules(this.book, parts.spaces);
    this.patterns = new Patterns(budget);
    this.alternatives = new Alternatives(root, budget, this.patterns);
  }

  compile(schemas: readonly Subschema[], hint: string): Expression {
    const key = JSON.stringify(schemas.map(({ path }) => path).sort());
    const known = this.#entries.get(key);
    if (known !== undefined) {
      if (known.result !== undefined) return known.result;
      known.name ??= this.book.reserve(hint);
      return rule(known.name);
    }
    const entry: Entry = {};
    this.#entries.set(key, entry);
    const body = this.#deeper(() => this.#body(schemas, hint));
    entry.result = this.#named(entry, body, hint);
    return entry.result;
  }

  literals(sources: readonly Source[], kinds: Kinds): unknown[] | undefined {
    const listed = literalsOf(sources, this.budget);
    if (listed === undefined) return undefined;
    const values = [...listed.values()].filter((value) => kinds.has(kindOf(value)));
    if (values.some((value) => typeof value === 'object' && value !== null)) requireNoStructure(sources);
    const strings = exactStringAutomaton(sources, this);
    return values.filter((value) => {
      if (typeof value === 'string') return accepts(strings, value);
      return typeof value !== 'number' || isNumberAllowed(value, sources, kinds);
    });
  }

  #named(entry: Entry, body: Expression, hint: string): Expression {
    if (entry.name === undefined) return body.kind === 'text' ? body : this.book.define(hint, body);
    this.book.complete(entry.name, body);
    return rule(entry.name);
  }

  #body(schemas: readonly Subschema[], hint: string): Expression {
    const options = this.alternatives.of(schemas).map((alternative) => this.#alternative(alternative, hint));
    const body = choice(options);
    if (isNever(body)) this.contradictions.push(schemas.at(-1)?.path ?? '#');
    return body;
  }

  #alternative(sources: Alternative, hint: string): Expression {
    const literals = this.literals(sources, explicitKinds(sources));
    if (literals !== undefined) return choice(literals.map((value) => this.json.literal(value)));
    const kinds = intendedKinds(sources);
    if (allowsAnything(sources)) return this.json.value();
    const compilers: readonly [boolean, () => Expression][] = [
      [kinds.has('object'), () => compileObject(sources, hint, this)],
      [kinds.has('array'), () => compileArray(sources, hint, this)],
      [kinds.has('string'), () => compileString(sources, hint, this)],
      [kinds.has('integer'), () => compileNumber(sources, kinds, { hint, scope: this })],
      [kinds.has('boolean'), () => choice([sequence('true'), sequence('false')])],
      [kinds.has('null'), () => sequence('null')],
    ];
    return choice(compilers.map(([wanted, compile]) => (wanted ? compile() : never)));
  }

  #deeper<T>(work: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw tooComplex(`it is nested more than ${MAX_DEPTH} levels deep`);
    const result = work();
    this.#depth--;
    return result;
  }
}

/** Arrays and objects in an `enum` or `const` are compared only with other lists, not with keywords about their content. */
function requireNoStructure(sources: readonly Source[]): void {
  for (const source of sources) {
    const name = structuralKeyword(source);
    if (name === undefined) continue;
    throw refusal(
      pathTo(source.path, name),
      'is not supported next to an enum or const of arrays or objects; remove it',
    );
  }
}

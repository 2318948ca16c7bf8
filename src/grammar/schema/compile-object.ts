import { type Automaton, accepts } from '../automaton/automaton.ts';
import { choice, type Expression, isNever, never, rule, sequence } from '../gbnf/expression.ts';
import { stringRule } from './automaton-rules.ts';
import type { Scope } from './compiler.ts';
import { allowedNames, extraProperties } from './extra-properties.ts';
import { declaredNames, forbidden, propertySchemas } from './object-properties.ts';
import { pathTo, refusal } from './refusal.ts';
import { type Counting, has, namesKeyword, type Source, strictest } from './source.ts';

interface Property {
  /** The name in JSON without its opening quote, followed by the colon. */
  readonly key: string;
  readonly value: Expression;
  readonly required: boolean;
}

interface Shape {
  readonly properties: readonly Property[];
  /** Undeclared properties, each without its opening quote. */
  readonly extras: readonly Expression[];
  /** Bounds on the number of properties. */
  readonly minimum: number;
  readonly maximum: number;
}

/** Each optional property that may come next is one more path for the parser to follow. */
const MAX_PROPERTIES = 500;

/** Compiles an object that satisfies all the schemas, with its properties in the order of their declaration. */
export function compileObject(sources: readonly Source[], hint: string, scope: Scope): Expression {
  const required = new Set(sources.flatMap((source) => namesKeyword(source, 'required')));
  const declared = declaredNames(sources, required);
  if (declared.length > MAX_PROPERTIES)
    throw refusal(sources[0]?.path ?? '#', `has more than ${MAX_PROPERTIES} properties; declare fewer`);
  const names = allowedNames(sources, scope);
  const properties: Property[] = [];
  for (const name of declared) {
    const value = propertyValue(sources, name, { names, hint, scope });
    if (isNever(value) && required.has(name)) return never;
    const key = `${JSON.stringify(name).slice(1)}:`;
    if (!isNever(value)) properties.push({ key, value, required: required.has(name) });
  }
  const extras = extraProperties(sources, declared, scope).map((entry) =>
    sequence(
      stringRule(entry.names, { hint: `${hint}-name`, book: scope.book, json: scope.json }),
      ':',
      scope.json.space(),
      scope.compile(entry.schemas, `${hint}-value`),
    ),
  );
  const possible = extras.length > 0 ? Infinity : properties.length;
  const { minimum, maximum } = countsOf(sources, possible, scope.counting);
  const shape = { properties, extras: extras.filter((extra) => !isNever(extra)), minimum, maximum };
  requireDistinctNames(sources, shape);
  return new ObjectRules(shape, hint, scope).whole();
}

function propertyValue(
  sources: readonly Source[],
  name: string,
  { names, hint, scope }: { names: Automaton; hint: string; scope: Scope },
): Expression {
  const schemas = propertySchemas(sources, name, scope.patterns);
  if (schemas === forbidden || !accepts(names, name)) return never;
  return scope.compile(schemas, `${hint}-${name}`);
}

/** @param possible the maximum number of properties that the object can have */
function countsOf(
  sources: readonly Source[],
  possible: number,
  { limit, leftOut }: Counting,
): { minimum: number; maximum: number } {
  const counted = { limit: Math.min(limit, MAX_PROPERTIES), leftOut: new Set<string>() };
  const { minimum, maximum } = strictest(sources, ['minProperties', 'maxProperties'], counted);
  if (maximum >= possible && Number.isFinite(possible)) return { minimum, maximum: Infinity };
  for (const path of counted.leftOut) leftOut.add(path);
  return { minimum, maximum };
}

/**
 * A model may write the same undeclared name twice, which makes one property. So a count can rely on one undeclared
 * property only.
 */
function requireDistinctNames(sources: readonly Source[], { properties, extras, minimum }: Shape): void {
  const certain = properties.filter(({ required }) => required).length + (extras.length > 0 ? 1 : 0);
  if (extras.length === 0 || minimum <= certain) return;
  const source = sources.find((candidate) => has(candidate, 'minProperties'));
  const path = pathTo(source?.path ?? '#', 'minProperties');
  throw refusal(
    path,
    `cannot be more than ${certain} here, because names may repeat; make properties required instead`,
  );
}

/** Builds one rule for each place between properties, so that every selection of optional properties is possible. */
class ObjectRules {
  readonly #shape: Shape;
  readonly #hint: string;
  readonly #scope: Scope;
  readonly #counts: boolean;
  readonly #known = new Map<string, Expression>();

  constructor(shape: Shape, hint: string, scope: Scope) {
    this.#shape = shape;
    this.#hint = hint;
    this.#scope = scope;
    this.#counts = shape.minimum > 0 || shape.maximum < Infinity;
  }

  whole(): Expression {
    const filled = sequence('"', this.#member(0, 0));
    return sequence(
      '{',
      this.#scope.json.gap(),
      choice([filled, this.#canEnd(0, 0) ? sequence('}') : never]),
    );
  }

  /** From the name of a property to the closing brace. @param index the first property that may come next */
  #member(index: number, count: number): Expression {
    const { properties, maximum } = this.#shape;
    if (count >= maximum) return never;
    const property = properties[index];
    if (property === undefined) return this.#extra(count);
    const value = sequence(property.key, this.#scope.json.space(), property.value);
    const written = sequence(value, this.#rest(index + 1, count));
    if (property.required) return written;
    return this.#once(`member ${index} ${count}`, () => choice([written, this.#member(index + 1, count)]));
  }

  #extra(count: number): Expression {
    const { extras } = this.#shape;
    if (extras.length === 0) return never;
    const name = `extra ${count}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    // If properties are not counted, the rule refers to itself.
    const own = this.#scope.book.reserve(`${this.#hint}-extra`);
    this.#known.set(name, rule(own));
    const rest = this.#rest(this.#shape.properties.length, count);
    this.#scope.book.complete(own, choice(extras.map((extra) => sequence(extra, rest))));
    return rule(own);
  }

  /** From the end of a property to the closing brace. @param before number of properties before that one */
  #rest(index: number, before: number): Expression {
    const count = this.#counts ? Math.min(before + 1, this.#countLimit()) : 0;
    const gap = this.#scope.json.gap();
    const space = this.#scope.json.space();
    const more = () => sequence(',', space, '"', this.#member(index, count));
    if (!this.#canEnd(index, count)) return more();
    const end = sequence(gap, '}');
    return index === this.#shape.properties.length && this.#shape.extras.length === 0
      ? end
      : this.#once(`rest ${index} ${count}`, () => choice([more(), end]));
  }

  #canEnd(index: number, count: number): boolean {
    const isComplete = this.#shape.properties.slice(index).every(({ required }) => !required);
    return isComplete && count >= this.#shape.minimum && count <= this.#shape.maximum;
  }

  /** The count from which on counting makes no difference. */
  #countLimit(): number {
    const { minimum, maximum } = this.#shape;
    return maximum < Infinity ? maximum : minimum;
  }

  /** Always a rule: otherwise the rest of a long object would be written out again at each place before it. */
  #once(name: string, build: () => Expression): Expression {
    const known = this.#known.get(name) ?? this.#scope.book.define(this.#hint, build());
    this.#known.set(name, known);
    return known;
  }
}

/**
 * Random JSON schemas with example values. Strings, arrays and numbers are bounded, so that a model that follows a
 * schema comes to an end.
 */
type Json = Record<string, unknown>;

interface RandomSchema {
  readonly schema: Json;
  /** Returns a value that satisfies the schema, with its properties in the declared order. */
  readonly example: () => unknown;
}

/** @param depth maximum number of nested arrays and objects */
export function randomSchema(random: () => number, depth = 3): RandomSchema {
  const generator = new Generator(random);
  const { schema, example } = generator.any(depth);
  const definitions = Object.fromEntries(generator.definitions);
  return { schema: generator.definitions.size > 0 ? { ...schema, $defs: definitions } : schema, example };
}

const words = ['id', 'name', 'kind', 'a/b', 'x', 'a "quoted" name', 'größe', 'tags', 'note', 'owner', '~0'];
const literals = ['red', 'green', 'gray', 'Grün "1"', 'a\nb', '', 7, -1.5, true, null];
const texts = ['', 'a', 'ab', 'héllo', '漢字', '😀😀', 'tab\t', '"', '\\', 'abcdefgh'];
const patterns: readonly (readonly [pattern: string, examples: readonly string[]])[] = [
  ['^[A-Z]{2}-\\d{1,4}$', ['AB-1', 'XY-1234']],
  ['^(yes|no|maybe)$', ['yes', 'maybe']],
  ['^\\w+@\\w+\\.(com|org)$', ['a@b.com', 'x_1@y2.org']],
  ['^a?b*c{1,2}$', ['c', 'abbcc']],
  ['^[^"\\\\]{0,5}$', ['', "it's"]],
  ['^"\\n?\\\\$', ['"\\', '"\n\\']],
];
const formats: readonly (readonly [format: string, examples: readonly string[]])[] = [
  ['date', ['2024-02-29', '1999-12-31']],
  ['time', ['23:59:59Z', '00:00:00.5+01:30']],
  ['date-time', ['2024-02-29T12:00:00Z', '1970-01-01T00:00:00.123-11:00']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000']],
  ['ipv4', ['127.0.0.1', '255.250.199.9']],
];

class Generator {
  readonly definitions = new Map<string, Json>();
  readonly #random: () => number;
  readonly #shared: RandomSchema[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  any(depth: number): RandomSchema {
    const flat = [
      () => this.#string(),
      () => this.#pattern(),
      () => this.#format(),
      () => this.#integer(),
      () => this.#number(),
      () => this.#literal(),
      () => this.#word('boolean', [true, false]),
      () => this.#word('null', [null]),
      () => this.#types(),
    ];
    const nested = [
      () => this.#object(depth),
      () => this.#object(depth),
      () => this.#merged(depth),
      () => this.#map(depth),
      () => this.#array(depth),
      () => this.#tuple(depth),
      () => this.#anyOf(depth),
      () => this.#oneOf(depth),
      () => this.#reference(depth),
    ];
    const isNested = depth > 0 && this.#random() < 0.35 + depth * 0.2;
    return this.#pick(isNested ? nested : flat)();
  }

  #object(depth: number, prefix: Json = {}): RandomSchema {
    const names = this.#some(words).filter((name) => name !== 'kind' || !('kind' in prefix));
    const members = names.map((name) => ({ name, ...this.any(depth - 1), required: this.#random() < 0.6 }));
    const properties = Object.fromEntries(members.map(({ name, schema }) => [name, schema]));
    const required = members.filter((member) => member.required).map(({ name }) => name);
    const schema = {
      ...(this.#random() < 0.9 && { type: 'object' }),
      properties: { ...prefix, ...properties },
      required: [...Object.keys(prefix), ...required],
      ...(this.#random() < 0.7 && { additionalProperties: false }),
    };
    const example = () => {
      const present = members.filter((member) => member.required || this.#random() < 0.5);
      return Object.fromEntries(present.map((member) => [member.name, member.example()]));
    };
    return { schema, example };
  }

  #merged(depth: number): RandomSchema {
    const [one, two] = [this.any(depth - 1), this.any(depth - 1)];
    const parts = [
      { type: 'object', properties: { one: one.schema }, required: ['one'] },
      { properties: { two: two.schema, one: {} }, title: 'the other part' },
    ];
    const example = () => ({
      one: one.example(),
      ...(this.#random() < 0.5 && { two: two.example() }),
    });
    return { schema: { allOf: parts }, example };
  }

  #map(depth: number): RandomSchema {
    const { schema, example } = this.any(depth - 1);
    const whole = {
      type: 'object',
      additionalProperties: schema,
      propertyNames: { pattern: '^[a-z]{1,6}$' },
      minProperties: 1,
      maxProperties: 2,
    };
    return {
      schema: whole,
      example: () => ({ key: example(), ...(this.#random() < 0.5 && { other: example() }) }),
    };
  }

  #array(depth: number): RandomSchema {
    const { schema, example } = this.any(depth - 1);
    const minItems = this.#integerBetween(0, 2);
    const maxItems = minItems + this.#integerBetween(0, 2);
    return {
      schema: { type: 'array', items: schema, minItems, maxItems },
      example: () => Array.from({ length: this.#integerBetween(minItems, maxItems) }, example),
    };
  }

  #tuple(depth: number): RandomSchema {
    const items = Array.from({ length: this.#integerBetween(1, 3) }, () => this.any(depth - 1));
    const schema = {
      type: 'array',
      prefixItems: items.map((item) => item.schema),
      items: false,
      minItems: items.length,
    };
    return { schema, example: () => items.map(({ example }) => example()) };
  }

  #anyOf(depth: number): RandomSchema {
    const options = Array.from({ length: this.#integerBetween(1, 3) }, () => this.any(depth - 1));
    return {
      schema: { anyOf: options.map(({ schema }) => schema) },
      example: () => this.#pick(options).example(),
    };
  }

  /** Objects distinguished by a constant, and one option that is not an object. */
  #oneOf(depth: number): RandomSchema {
    const kinds = ['cat', 'dog', 'cow'].slice(0, this.#integerBetween(1, 3));
    const options = kinds.map((kind) => {
      const { schema, example } = this.#object(depth - 1, { kind: { const: kind } });
      const typed = { ...schema, type: 'object' };
      return { schema: typed, example: () => ({ kind, ...(example() as Json) }) };
    });
    const all = [...options, this.#word('null', [null])];
    return { schema: { oneOf: all.map(({ schema }) => schema) }, example: () => this.#pick(all).example() };
  }

  #reference(depth: number): RandomSchema {
    const known = this.#shared.length > 0 && this.#random() < 0.5;
    if (known) return this.#pick(this.#shared);
    const { schema, example } = this.any(depth - 1);
    const name = `part ${this.definitions.size}`;
    this.definitions.set(name, schema);
    const shared = { schema: { $ref: `#/$defs/${encodeURIComponent(name)}` }, example };
    this.#shared.push(shared);
    return shared;
  }

  #string(): RandomSchema {
    const chosen = this.#pick(texts);
    const length = Array.from(chosen).length;
    const minLength = Math.max(0, length - this.#integerBetween(0, 3));
    return {
      schema: { type: 'string', minLength, maxLength: length + this.#integerBetween(0, 4) },
      example: () => chosen,
    };
  }

  #pattern(): RandomSchema {
    const [pattern, examples] = this.#pick(patterns);
    return { schema: { type: 'string', pattern, maxLength: 16 }, example: () => this.#pick(examples) };
  }

  #format(): RandomSchema {
    const [format, examples] = this.#pick(formats);
    return { schema: { type: 'string', format }, example: () => this.#pick(examples) };
  }

  #integer(): RandomSchema {
    const size = this.#pick([1, 10, 1000, 123_456]);
    const minimum = this.#integerBetween(-size, size);
    const maximum = minimum + this.#integerBetween(0, size);
    const exclusive = maximum > minimum && this.#random() < 0.3;
    const upper = exclusive ? { exclusiveMaximum: maximum } : { maximum };
    const limits = this.#pick([{ minimum }, upper, { minimum, ...upper }]);
    return {
      schema: { type: 'integer', ...limits },
      example: () => this.#integerBetween(minimum, exclusive ? maximum - 1 : maximum),
    };
  }

  #number(): RandomSchema {
    const minimum = this.#integerBetween(-5000, 5000) / this.#pick([1, 10, 1000]);
    const maximum = Math.round((minimum + this.#random() * 10) * 1000) / 1000;
    const middle = Math.round(((minimum + maximum) / 2) * 1e6) / 1e6;
    const limits = this.#pick([{ minimum }, { maximum }, { minimum, maximum }]);
    return { schema: { type: 'number', ...limits }, example: () => this.#pick([minimum, middle, maximum]) };
  }

  #literal(): RandomSchema {
    const values = this.#some(literals);
    const listed: unknown[] = values.length === 0 ? [{ deep: [1, 'x'] }] : values;
    const [first] = listed;
    const schema = listed.length === 1 && this.#random() < 0.5 ? { const: first } : { enum: listed };
    return { schema, example: () => this.#pick(listed) };
  }

  #types(): RandomSchema {
    return {
      schema: { type: ['string', 'null', 'boolean', 'integer'], maxLength: 5, minimum: 0, maximum: 99 },
      example: () => this.#pick(['text', null, true, 42]),
    };
  }

  #word(type: string, values: readonly unknown[]): RandomSchema {
    return { schema: { type }, example: () => this.#pick(values) };
  }

  #some<T>(values: readonly T[]): T[] {
    return values.filter(() => this.#random() < 0.35).slice(0, 4);
  }

  #pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.#random() * values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  #integerBetween(minimum: number, maximum: number): number {
    return minimum + Math.floor(this.#random() * (maximum - minimum + 1));
  }
}

/** The value with one part changed, removed or added; the result is often no longer valid. */
export function mutated(value: unknown, random: () => number): unknown {
  const strange = [null, true, 0, -1, 0.5, 1e9, '', 'zz', 'ä'.repeat(30), [], [null], {}, { kind: 'cat' }];
  if (typeof value === 'number' && random() < 0.6) return value + (random() < 0.5 ? 1 : -0.25);
  if (typeof value === 'string' && random() < 0.6) return random() < 0.5 ? `${value}x` : value.slice(1);
  if (typeof value !== 'object' || value === null || random() < 0.2)
    return strange[Math.floor(random() * strange.length)];
  const entries: [string, unknown][] = Object.entries(value);
  const chosen = Math.floor(random() * (entries.length + 1));
  const kept = entries.flatMap(([key, part], index): [string, unknown][] => {
    if (index !== chosen) return [[key, part]];
    return random() < 0.3 ? [] : [[key, mutated(part, random)]];
  });
  if (chosen === entries.length) kept.push(['extra', null]);
  return Array.isArray(value) ? kept.map(([, part]) => part) : Object.fromEntries(kept);
}

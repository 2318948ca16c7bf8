import { OllamaError } from '../../base/errors.ts';
import { choice, type Expression, empty, sequence } from '../../grammar/gbnf/expression.ts';
import { until } from '../../grammar/gbnf/until.ts';
import type { Compiler } from '../../grammar/schema/compiler.ts';
import { pathTo } from '../../grammar/schema/refusal.ts';
import { isObject } from '../../grammar/schema/source.ts';
import type { ArgumentSyntax } from '../families/family.ts';

type PairSyntax = Extract<ArgumentSyntax, { form: 'pairs' }>;

interface Pair {
  /** From the text before the key to the text after the value. */
  readonly written: Expression;
  readonly isRequired: boolean;
}

/** More arguments than any real tool has. Each optional argument is another path for the grammar's parser to follow. */
const MAX_PAIRS = 200;

/**
 * The arguments of a call one by one, in the order of their declaration; optional ones may be left out.
 * @throws OllamaError `invalid-request` for more than `MAX_PAIRS` parameters
 */
export function argumentPairs(parameters: unknown, syntax: PairSyntax, compiler: Compiler): Expression {
  const { properties, required } = isObject(parameters) ? parameters : {};
  const declared = isObject(properties) ? Object.entries(properties) : [];
  if (declared.length > MAX_PAIRS) throw tooManyPairs(declared.length);
  const pairs = declared.map(
    ([key, schema]): Pair => ({
      written: sequence(syntax.before(key), pairValue(key, schema, syntax, compiler)),
      isRequired: Array.isArray(required) && required.includes(key),
    }),
  );
  let first: Expression = empty;
  let next: Expression = empty;
  for (const { written, isRequired } of pairs.reverse()) {
    const withNext = sequence(written, next);
    const options = isRequired ? [] : [first];
    first = compiler.book.define('first-argument', choice([withNext, ...options]));
    const separated = sequence(syntax.separator, withNext);
    next = compiler.book.define('next-argument', isRequired ? separated : choice([separated, next]));
  }
  return first;
}

function tooManyPairs(count: number): OllamaError {
  return new OllamaError(
    'invalid-request',
    `format: ${count} parameters are more than the maximum of ${MAX_PAIRS}`,
  );
}

function pairValue(
  key: string,
  schema: unknown,
  { after, values }: PairSyntax,
  compiler: Compiler,
): Expression {
  const { book } = compiler;
  const json = () => compiler.compile([{ schema, path: pathTo('#', 'properties', key) }], key);
  if (values === 'json' || values === 'python' || !isText(schema)) return sequence(json(), after);
  const listed = textsOf(schema);
  if (values === 'text') {
    return listed ? sequence(choice(listed.map((text) => sequence(text))), after) : until(book, after);
  }
  const { open, close } = values;
  const inside = listed ? sequence(choice(listed.map((text) => sequence(text))), close) : until(book, close);
  return sequence(open, inside, after);
}

function isText(schema: unknown): boolean {
  return isObject(schema) && schema.type === 'string';
}

/** The strings of an `enum`; undefined when there are none. */
function textsOf(schema: unknown): string[] | undefined {
  if (!isObject(schema) || !Array.isArray(schema.enum)) return undefined;
  const texts = schema.enum.filter((value): value is string => typeof value === 'string');
  return texts.length > 0 ? texts : undefined;
}

/** Grammars that force a model to call tools. */
import type { Tool } from '../../api/common.ts';
import { OllamaError } from '../../base/errors.ts';
import { choice, type Expression, sequence } from '../../grammar/gbnf/expression.ts';
import { compileWhole, type GrammarParts } from '../../grammar/schema/schema-grammar.ts';
import { isObject } from '../../grammar/schema/source.ts';
import type { CallSyntax } from '../families/family.ts';
import { argumentPairs } from './argument-pairs.ts';

/** Maximum number of calls in one answer, so that a model cannot write calls endlessly. */
const MAX_CALLS = 32;

export interface CallGrammarInput {
  /** The tools that may be called; not empty. */
  readonly tools: readonly Tool[];
  readonly syntax: CallSyntax;
  /** Whether more than one call is allowed. */
  readonly parallel: boolean;
}

/**
 * Matches one or more calls and nothing else.
 * @throws OllamaError `invalid-request` when the tools make the grammar too large
 */
export function callExpression(
  { tools, syntax, parallel }: CallGrammarInput,
  parts: GrammarParts,
): Expression {
  const one = parts.book.define('call', choice(tools.map((tool) => call(tool, syntax, parts))));
  const more = parts.book.repeat(sequence(syntax.separator, one), 0, parallel ? MAX_CALLS - 1 : 0);
  return sequence(syntax.open, one, more, syntax.close);
}

function call(tool: Tool, syntax: CallSyntax, parts: GrammarParts): Expression {
  const { name, parameters } = tool.function;
  const { beforeArguments, afterArguments } = syntax;
  return sequence(beforeArguments(name), argumentsOf(name, parameters, syntax, parts), afterArguments);
}

/**
 * The schema of a tool may contain what a grammar cannot express. Then the grammar enforces only the names of the
 * parameters and allows any values; where even the names are too many for it, any JSON object.
 */
function argumentsOf(
  name: string,
  parameters: unknown,
  { argumentSyntax }: CallSyntax,
  parts: GrammarParts,
): Expression {
  const attempts = [parameters, withoutDetails(parameters), ...(argumentSyntax.form === 'json' ? [{}] : [])];
  let problem = '';
  for (const attempt of attempts) {
    try {
      return argumentExpression(attempt, argumentSyntax, parts);
    } catch (error) {
      if (!(error instanceof OllamaError)) throw error;
      problem = error.message;
    }
  }
  throw new OllamaError(
    'invalid-request',
    `tools: the parameters of ${JSON.stringify(name)}: ${problem.replace(/^format: /, '')}`,
  );
}

function argumentExpression(
  parameters: unknown,
  argumentSyntax: CallSyntax['argumentSyntax'],
  { compiler }: GrammarParts,
): Expression {
  const own = compiler(parameters ?? {});
  if (argumentSyntax.form === 'pairs') return argumentPairs(parameters, argumentSyntax, own);
  const schema = isObject(parameters) ? { type: 'object', ...parameters } : { type: 'object' };
  return compileWhole(compiler(schema), schema);
}

/** Reduces a schema to the names of the parameters and which of them are required. */
function withoutDetails(parameters: unknown): unknown {
  if (!isObject(parameters) || !isObject(parameters.properties)) return { type: 'object' };
  const properties = Object.fromEntries(Object.keys(parameters.properties).map((name) => [name, {}]));
  const { required } = parameters;
  const names = Array.isArray(required)
    ? required.filter((name) => Object.hasOwn(properties, String(name)))
    : [];
  return { type: 'object', properties, required: names };
}

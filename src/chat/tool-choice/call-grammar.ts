/** Grammars that make a model call tools. */
import type { Tool } from '../../api/common.ts';
import { OllamaError } from '../../base/errors.ts';
import type { CallSyntax } from '../families/family.ts';
import { choice, type Expression, sequence } from '../schema/grammar/expression.ts';
import { buildGrammar, compileWhole, type GrammarParts } from '../schema/schema-grammar.ts';
import { isObject } from '../schema/source.ts';
import { argumentPairs } from './argument-pairs.ts';
import { type ThinkingMarks, thinkingPrefix } from './thinking-prefix.ts';

/** Calls of one answer: a model that goes on for ever is stopped. */
const MAX_CALLS = 32;

export interface CallGrammarInput {
  /** Those that may be called; not empty. */
  readonly tools: readonly Tool[];
  readonly syntax: CallSyntax;
  /** More than one call. */
  readonly parallel: boolean;
  readonly thinking?: ThinkingMarks;
}

/**
 * One or more calls and nothing else, but for thinking before them.
 * @returns GBNF with the start rule `root`
 * @throws OllamaError `invalid-request` when the tools make it too large
 */
export function callGrammar({ tools, syntax, parallel, thinking }: CallGrammarInput): string {
  return buildGrammar((parts) => {
    const { book } = parts;
    const one = book.define('call', choice(tools.map((tool) => call(tool, syntax, parts))));
    const more = book.repeat(sequence(syntax.separator, one), 0, parallel ? MAX_CALLS - 1 : 0);
    return sequence(thinkingPrefix(book, thinking), syntax.open, one, more, syntax.close);
  });
}

function call(tool: Tool, syntax: CallSyntax, parts: GrammarParts): Expression {
  const { name, parameters } = tool.function;
  const { beforeArguments, afterArguments } = syntax;
  return sequence(beforeArguments(name), argumentsOf(parameters, syntax, parts), afterArguments);
}

/** Schemas of tools may say more than a grammar can: then any arguments will do. */
function argumentsOf(parameters: unknown, { argumentSyntax }: CallSyntax, parts: GrammarParts): Expression {
  try {
    return argumentExpression(parameters, argumentSyntax, parts);
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
    return argumentExpression(withoutDetails(parameters), argumentSyntax, parts);
  }
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

/** The names of the parameters, and no more. */
function withoutDetails(parameters: unknown): unknown {
  if (!isObject(parameters) || !isObject(parameters.properties)) return { type: 'object' };
  const properties = Object.fromEntries(Object.keys(parameters.properties).map((name) => [name, {}]));
  const { required } = parameters;
  const names = Array.isArray(required)
    ? required.filter((name) => Object.hasOwn(properties, String(name)))
    : [];
  return { type: 'object', properties, required: names };
}

/** Grammars that force a model to call tools. */
import type { Tool } from '../../api/common.ts';
import { OllamaError } from '../../base/errors.ts';
import { choice, type Expression, sequence } from '../../grammar/gbnf/expression.ts';
import { aboutField, fieldPath } from '../../grammar/schema/refusal.ts';
import { compileWhole, type GrammarParts } from '../../grammar/schema/schema-grammar.ts';
import { isObject } from '../../grammar/schema/source.ts';
import type { CallSyntax } from '../families/family.ts';
import { argumentPairs } from './argument-pairs.ts';

/** Maximum number of calls in one answer, so that a model cannot write calls endlessly. */
const MAX_CALLS = 32;

export interface CallGrammarInput {
  /** The tools that may be called; not empty. */
  readonly tools: readonly Tool[];
  /** All tools of the request, by whose places errors name a tool; absent = the same. */
  readonly declared?: readonly Tool[];
  readonly syntax: CallSyntax;
  /** Whether more than one call is allowed. */
  readonly parallel: boolean;
  /** Enforce only the names of parameters: the details of all tools together are too much for a grammar. */
  readonly isSimple?: boolean;
  /** Receives the names of bounds that the grammar leaves to the model. */
  readonly leftOut?: Set<string>;
}

/**
 * Matches one or more calls and nothing else.
 * @throws OllamaError `invalid-request` when the tools make the grammar too large
 */
export function callExpression(input: CallGrammarInput, parts: GrammarParts): Expression {
  const { tools, syntax, parallel } = input;
  const one = parts.book.define('call', choice(tools.map((tool) => call(tool, input, parts))));
  const more = parts.book.repeat(sequence(syntax.separator, one), 0, parallel ? MAX_CALLS - 1 : 0);
  return sequence(syntax.open, one, more, syntax.close);
}

function call(tool: Tool, input: CallGrammarInput, parts: GrammarParts): Expression {
  const { beforeArguments, afterArguments } = input.syntax;
  return sequence(beforeArguments(tool.function.name), argumentsOf(tool, input, parts), afterArguments);
}

/**
 * The schema of a tool may contain what a grammar cannot express. Then the grammar enforces only the names of the
 * parameters and allows any values; where even the names are too many for it, any JSON object.
 */
function argumentsOf(tool: Tool, input: CallGrammarInput, parts: GrammarParts): Expression {
  const { syntax, declared = input.tools, isSimple = false, leftOut } = input;
  const { parameters } = tool.function;
  const { argumentSyntax } = syntax;
  const field = `tools[${declared.indexOf(tool)}].function.parameters`;
  const attempts = [parameters, withoutDetails(parameters), ...(argumentSyntax.form === 'json' ? [{}] : [])];
  let problem: unknown;
  for (const [index, attempt] of attempts.entries()) {
    if (isSimple && index === 0) continue;
    const compiler = (schema: unknown) => parts.compiler(schema, index > 0);
    try {
      const { expression, pointers } = argumentExpression(attempt, argumentSyntax, compiler);
      for (const pointer of pointers) leftOut?.add(fieldPath(field, pointer));
      if (problem !== undefined) leftOut?.add(`${field} (details)`);
      return expression;
    } catch (error) {
      if (!(error instanceof OllamaError)) throw error;
      problem = aboutField(error, field);
    }
  }
  throw problem;
}

interface ArgumentExpression {
  readonly expression: Expression;
  /** JSON pointers of bounds that are left to the model. */
  readonly pointers: Iterable<string>;
}

function argumentExpression(
  parameters: unknown,
  argumentSyntax: CallSyntax['argumentSyntax'],
  compiler: GrammarParts['compiler'],
): ArgumentExpression {
  if (argumentSyntax.form === 'pairs') {
    const own = compiler(parameters ?? {});
    return { expression: argumentPairs(parameters, argumentSyntax, own), pointers: own.counting.leftOut };
  }
  const schema = isObject(parameters) ? { type: 'object', ...parameters } : { type: 'object' };
  const own = compiler(schema);
  return { expression: compileWhole(own, schema), pointers: own.counting.leftOut };
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

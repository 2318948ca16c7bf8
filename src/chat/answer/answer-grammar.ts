import type { Tool } from '../../api/common.ts';
import type { ToolChoice } from '../../api/tool-choice.ts';
import { OllamaError } from '../../base/errors.ts';
import { choice, sequence } from '../../grammar/gbnf/expression.ts';
import { buildGrammar, type CompiledSchema } from '../../grammar/schema/schema-grammar.ts';
import type { Reading } from '../format/chat-format.ts';
import { callExpression } from './call-grammar.ts';
import { thinkingPrefix } from './thinking-prefix.ts';

/** The constraints on an answer. */
export interface AnswerConstraint {
  /** The JSON values that the answer may be; if absent, any text is allowed. */
  readonly format?: CompiledSchema;
  /** The tools in the prompt. */
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  readonly parallelCalls: boolean;
}

/**
 * Builds the grammar of an answer. Thinking before the answer is not constrained. With both `format` and tools, the answer
 * is either a value of the format or calls.
 * @returns GBNF with the start rule `root`; undefined if nothing is constrained
 * @throws OllamaError `invalid-request` for a grammar that becomes too large, an unknown tool, or a required call of a
 * model whose call syntax is not known
 */
export function answerGrammar(
  constraint: AnswerConstraint,
  reading: Pick<Reading, 'thinking' | 'callSyntax' | 'answerStart'>,
): string | undefined {
  const { format, toolChoice, parallelCalls: parallel } = constraint;
  const tools = callableTools(constraint);
  const isRequired = toolChoice !== 'auto' && toolChoice !== 'none';
  const { callSyntax: syntax, thinking, answerStart = '' } = reading;
  if (isRequired) {
    if (!syntax) throw refuse('the tool call format of this model is not known; use "auto"');
    return buildGrammar((parts) =>
      sequence(thinkingPrefix(parts.book, thinking), callExpression({ tools, syntax, parallel }, parts)),
    );
  }
  if (format === undefined) return undefined;
  const hasCalls = syntax !== undefined && tools.length > 0;
  if (!thinking && !hasCalls && answerStart === '') return format.grammar;
  return buildGrammar((parts) => {
    const calls = hasCalls ? [callExpression({ tools, syntax, parallel }, parts)] : [];
    const answers = choice([sequence(answerStart, format.value), ...calls]);
    return sequence(thinkingPrefix(parts.book, thinking), answers);
  }, format);
}

/** @throws OllamaError `invalid-request` when a call is required but there is no tool to call */
export function callableTools({
  tools,
  toolChoice,
}: Pick<AnswerConstraint, 'tools' | 'toolChoice'>): readonly Tool[] {
  if (toolChoice === 'auto') return tools;
  if (toolChoice === 'none') return [];
  if (tools.length === 0) throw refuse('a call is required, but "tools" is empty');
  if (toolChoice === 'required') return tools;
  const { name } = toolChoice.function;
  const named = tools.filter((tool) => tool.function.name === name);
  if (named.length === 0) throw refuse(`"tools" has no function named ${JSON.stringify(name)}`);
  return named;
}

function refuse(reason: string): OllamaError {
  return new OllamaError('invalid-request', `tool_choice: ${reason}`);
}

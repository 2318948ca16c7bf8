import type { Tool } from '../../api/common.ts';
import type { ToolChoice } from '../../api/tool-choice.ts';
import { OllamaError } from '../../base/errors.ts';
import { choice, sequence } from '../../grammar/gbnf/expression.ts';
import { aboutField, fieldPath } from '../../grammar/schema/refusal.ts';
import { buildGrammar, type CompiledSchema, type GrammarParts } from '../../grammar/schema/schema-grammar.ts';
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
  /** Whether white space in JSON is one blank behind each colon and comma; absent = the model chooses. */
  readonly fixedSpaces?: boolean;
}

/** What enforces the demands on an answer. */
export interface AnswerGrammar {
  /** GBNF with the start rule `root`; absent if nothing is constrained. */
  readonly grammar?: string;
  /** Names of bounds in the request that are too high for a grammar to count, and are left to the model. */
  readonly leftOut: readonly string[];
}

/**
 * Builds the grammar of an answer. Thinking before the answer is not constrained. With both `format` and tools, the answer
 * is either a value of the format or calls.
 * @throws OllamaError `invalid-request` for a grammar that becomes too large, an unknown tool, or a required call of a
 * model whose call syntax is not known
 */
export function answerGrammar(
  constraint: AnswerConstraint,
  reading: Pick<Reading, 'thinking' | 'callSyntax' | 'answerStart'>,
): AnswerGrammar {
  const { format, toolChoice, parallelCalls: parallel, tools: declared } = constraint;
  const tools = callableTools(constraint);
  const isRequired = toolChoice !== 'auto' && toolChoice !== 'none';
  const { callSyntax: syntax, thinking, answerStart = '' } = reading;
  const spaces = constraint.fixedSpaces ? 'fixed' : 'free';
  const leftOut = new Set(format?.leftOut.map((pointer) => fieldPath('format', pointer)));
  const calls = (parts: GrammarParts, isSimple: boolean) =>
    syntax && tools.length > 0
      ? [callExpression({ tools, declared, syntax, parallel, isSimple, leftOut }, parts)]
      : [];
  if (isRequired) {
    if (!syntax) throw refuse('the tool call format of this model is not known; use "auto"');
    const build = (isSimple: boolean) =>
      buildGrammar(
        (parts) => sequence(thinkingPrefix(parts.book, thinking), ...calls(parts, isSimple)),
        undefined,
        spaces,
      );
    const grammar = withTools(build, leftOut);
    return { grammar, leftOut: [...leftOut] };
  }
  if (format === undefined) return { leftOut: [] };
  const isPlain = !thinking && answerStart === '' && (!syntax || tools.length === 0);
  if (isPlain) return { grammar: format.grammar, leftOut: [...leftOut] };
  const build = (isSimple: boolean) =>
    buildGrammar(
      (parts) => {
        const answers = choice([sequence(answerStart, format.value), ...calls(parts, isSimple)]);
        return sequence(thinkingPrefix(parts.book, thinking), answers);
      },
      format,
      spaces,
    );
  const grammar = tools.length > 0 ? withTools(build, leftOut) : build(false);
  return { grammar, leftOut: [...leftOut] };
}

/** The name under which a grammar reports that it enforces no more than the names of parameters. */
const ALL_DETAILS = 'tools (details of parameters)';

/** If all tools together make the grammar too large, it enforces the names of their parameters alone. */
function withTools(build: (isSimple: boolean) => string, leftOut: Set<string>): string {
  try {
    return build(false);
  } catch (error) {
    if (!(error instanceof OllamaError)) throw error;
  }
  try {
    const grammar = build(true);
    leftOut.add(ALL_DETAILS);
    return grammar;
  } catch (error) {
    // The limits of a whole grammar speak of the format; here they concern the tools.
    throw aboutField(error, 'tools');
  }
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

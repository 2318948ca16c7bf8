import type { Message, Tool } from '../../../api/common.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { callFields } from '../shared/argument-text.ts';
import { recordOf, sortedEntries, typeNamesOf } from '../shared/untrusted-schema.ts';
import { trimSpace } from '../shared/white-space.ts';
import { type BraceStyle, bracePairs, braceValue } from './brace-value.ts';
import { toolDeclaration } from './tool-declaration.ts';

const style: BraceStyle = { quote: '<escape>' };

/** The text that the model was trained to see before its tools, unless the system message contains it. */
const TOOLS_INTRODUCTION = 'You can do function calling with the following functions:';

/** Source of the format: the chat template of google/functiongemma-270m-it. */
export const functionGemmaRenderer: Renderer = {
  render: ({ messages, tools }) => {
    const hasSystem = messages[0]?.role === 'system' || messages[0]?.role === 'developer';
    const system = hasSystem ? (messages[0]?.content ?? '') : '';
    return `<bos>${developerTurn(system, tools)}${turns(hasSystem ? messages.slice(1) : messages)}`;
  },
};

function developerTurn(content: string, tools: RenderInput['tools']): string {
  if (content === '' && tools.length === 0) return '';
  const system = trimSpace(content);
  const introduction = tools.length > 0 && system !== TOOLS_INTRODUCTION ? TOOLS_INTRODUCTION : '';
  const separator = tools.length > 0 && content !== '' ? '\n' : '';
  const declarations = tools.map(declaration).join('');
  return `<start_of_turn>developer\n${system}${separator}${introduction}${declarations}<end_of_turn>\n`;
}

const declaration = (tool: Tool): string =>
  `<start_function_declaration>${toolDeclaration(tool, style, properties)}<end_function_declaration>`;

function properties(all: Readonly<Record<string, unknown>>): string {
  return sortedEntries(all)
    .map(([name, value]) => {
      const schema = recordOf(value) ?? {};
      const description = typeof schema.description === 'string' ? schema.description : '';
      const [type] = typeNamesOf(schema.type);
      const typeField = type === undefined ? '' : `,type:<escape>${type.toUpperCase()}<escape>`;
      return `${name}:{description:<escape>${description}<escape>${typeField}}`;
    })
    .join(',');
}

/** Results of tools follow the call in the model's turn, which then continues. */
function turns(messages: readonly Message[]): string {
  const pieces: string[] = [];
  let previous: 'turn' | 'call' | 'response' = 'turn';
  let unanswered: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      const name = unanswered.shift() ?? message.tool_name ?? '';
      const opening = previous === 'call' ? '' : '<start_function_response>';
      pieces.push(`${opening}response:${name}{${braceValue(message.content, style)}}<end_function_response>`);
      previous = 'response';
      continue;
    }
    const calls = callsOf(message);
    if (calls.length > 0) unanswered = calls.map((call) => call.function.name);
    pieces.push(turn(message, calls, previous === 'response'));
    previous = calls.length > 0 && messages[index + 1]?.role === 'tool' ? 'call' : 'turn';
    pieces.push(previous === 'call' ? '<start_function_response>' : '<end_of_turn>\n');
  }
  if (previous !== 'response') pieces.push('<start_of_turn>model\n');
  return pieces.join('');
}

type Call = NonNullable<Message['tool_calls']>[number];

const callsOf = ({ role, tool_calls: calls = [] }: Message) => (role === 'assistant' ? calls : []);

function turn({ role, content }: Message, calls: readonly Call[], followsResponse: boolean): string {
  const continues = followsResponse && (role === 'assistant' || role === 'user');
  const opening = continues ? '' : `<start_of_turn>${role === 'assistant' ? 'model' : role}\n`;
  return opening + trimSpace(content) + calls.map(functionCall).join('');
}

const functionCall = ({ function: { name, arguments: values } }: Call): string =>
  `<start_function_call>call:${name}{${bracePairs(callFields(values), style)}}<end_function_call>`;

import type { Message, Tool } from '../../../api/common.ts';
import type { Renderer } from '../family.ts';
import { callFields } from '../shared/argument-text.ts';
import { jsonText, sortedKeys } from '../shared/json-text.ts';
import { toolFields } from '../shared/tool-fields.ts';
import { sortedEntries } from '../shared/untrusted-schema.ts';

const DEFAULT_SYSTEM = 'You are a helpful function-calling AI assistant. ';
const NAMED_SYSTEM =
  'You are Olmo, a helpful AI assistant built by Ai2. Your date cutoff is December 2024, and your model weights are available at https://huggingface.co/allenai. ';
const WITHOUT_FUNCTIONS = 'You do not currently have access to any functions. <functions></functions>';
const WITH_FUNCTIONS =
  'You are provided with function signatures within <functions></functions> XML tags. You may call one or more functions to assist with the user query. Output any function calls within <function_calls></function_calls> XML tags. Do not make assumptions about what values to plug into functions.';

/** Prompts of Olmo 3 Instruct, as in its model cards. `isNamed`: prompts of 3.1, which state the name and vendor. */
export function olmo3Renderer({ isNamed }: { readonly isNamed: boolean }): Renderer {
  return {
    render({ messages, tools }): string {
      const system = messages.find(({ role }) => role === 'system')?.content;
      const turns = messages.filter(({ role }) => role !== 'system');
      const opening = system ?? (isNamed ? NAMED_SYSTEM : DEFAULT_SYSTEM);
      const functions = functionList(tools, system === undefined);
      const last = turns.at(-1);
      const isBegun = last?.role === 'assistant' && !last.tool_calls?.length && last.content !== '';
      const written = turns.map((message, index) => turn(message, index === turns.length - 1));
      const start = isBegun ? '' : '<|im_start|>assistant\n';
      return `<|im_start|>system\n${opening}${functions}<|im_end|>\n${written.join('')}${start}`;
    },
  };
}

function functionList(tools: readonly Tool[], isExplained: boolean): string {
  if (tools.length === 0) return isExplained ? WITHOUT_FUNCTIONS : '';
  const list = `<functions>${jsonText(tools.map(toolFields), 'spaced')}</functions>`;
  return isExplained ? WITH_FUNCTIONS + list : list;
}

function turn(message: Message, isLast: boolean): string {
  const { role, content, tool_calls: calls = [] } = message;
  if (role === 'user') return `<|im_start|>user\n${content}<|im_end|>\n`;
  if (role === 'tool') return `<|im_start|>environment\n${content}<|im_end|>\n`;
  if (role !== 'assistant') return '';
  const written = calls.map(writtenCall).join('\n');
  const functions = calls.length > 0 ? `<function_calls>${written}</function_calls>` : '';
  const end = !isLast || calls.length > 0 ? '<|im_end|>\n' : '';
  return `<|im_start|>assistant\n${content}${functions}${end}`;
}

type Call = NonNullable<Message['tool_calls']>[number];

function writtenCall({ function: { name, arguments: values } }: Call): string {
  const pairs = sortedEntries(callFields(values)).map(
    ([key, value]) => `${key}=${jsonText(sortedKeys(value))}`,
  );
  return `${name}(${pairs.join(', ')})`;
}

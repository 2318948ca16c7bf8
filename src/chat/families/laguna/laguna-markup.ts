/** Markup that both generations of Laguna's prompts share. */
import type { Message, Tool } from '../../../api/common.ts';
import { callFields } from '../shared/argument-text.ts';
import { jsonText, sortedKeys } from '../shared/json-text.ts';
import { toolFields } from '../shared/tool-fields.ts';

export const BOS = '〈|EOS|〉';
export const DEFAULT_SYSTEM =
  'You are a helpful, conversationally-fluent assistant made by Poolside. You are here to be helpful to users through natural language conversations.';

export function toolList(tools: readonly Tool[]): string {
  const list = tools.map((tool) => `${jsonText(toolFields(tool), 'spaced')}\n`).join('');
  return `### Tools

You may call functions to assist with the user query.
All available function signatures are listed below:
<available_tools>
${list}</available_tools>`;
}

/** The calls of one message. @param line the text that ends each part */
export function writtenCalls({ tool_calls: calls = [] }: Message, line: '' | '\n'): string {
  const each = calls.map(({ function: { name, arguments: values } }) => {
    const pairs = Object.entries(callFields(values)).map(
      ([key, value]) =>
        `<arg_key>${key}</arg_key>${line}<arg_value>${argumentText(value)}</arg_value>${line}`,
    );
    return `<tool_call>${name}${line}${pairs.join('')}</tool_call>${line}`;
  });
  return each.join('');
}

function argumentText(value: unknown): string {
  return typeof value === 'string' ? value : jsonText(sortedKeys(value), 'spaced');
}

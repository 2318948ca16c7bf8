import type { Message, Tool } from '../../../api/common.ts';
import { argumentText, callFields } from '../shared/argument-text.ts';
import { jsonText } from '../shared/json-text.ts';
import { toolFields } from '../shared/tool-fields.ts';

/** The system turn that describes the tools; "" if there are none. */
export function toolsTurn(tools: readonly Tool[]): string {
  if (tools.length === 0) return '';
  const list = tools.map((tool) => `${jsonText(toolFields(tool), 'spaced')}\n`).join('');
  return `<|system|>
# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
${list}</tools>

For each function call, output the function name and arguments within the following XML format:
<tool_call>{function-name}<arg_key>{arg-key-1}</arg_key><arg_value>{arg-value-1}</arg_value><arg_key>{arg-key-2}</arg_key><arg_value>{arg-value-2}</arg_value>...</tool_call>`;
}

/** The calls of one message, each preceded by `separator`. */
export function writtenCalls({ tool_calls: calls = [] }: Message, separator: string): string {
  const each = calls.map(({ function: { name, arguments: values } }) => {
    const pairs = Object.entries(callFields(values)).map(
      ([key, value]) => `<arg_key>${key}</arg_key><arg_value>${argumentText(value)}</arg_value>`,
    );
    return `${separator}<tool_call>${name}${pairs.join('')}</tool_call>`;
  });
  return each.join('');
}

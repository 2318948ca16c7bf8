/** The markup of Qwen's conversations (ChatML): `<|im_start|>role`, line break, content, `<|im_end|>`. */
import type { Message } from '../../../api/common.ts';

export const TURN_START = '<|im_start|>';
export const TURN_END = '<|im_end|>\n';

export function turn(role: string, content: string): string {
  return `${TURN_START}${role}\n${content}${TURN_END}`;
}

/** Consecutive results of tools share one user turn. */
export function toolResponse(content: string, index: number, messages: readonly Message[]): string {
  const isFirst = messages[index - 1]?.role !== 'tool';
  const isLast = messages[index + 1]?.role !== 'tool';
  const start = isFirst ? `${TURN_START}user` : '';
  return `${start}\n<tool_response>\n${content}\n</tool_response>${isLast ? TURN_END : ''}`;
}

/**
 * The index of the last query of the user. User messages may also hold results of tools, which are not queries.
 * @param contents the rendered content of each message
 * @returns the index of the last message if there is no query
 */
export function lastQueryIndex(messages: readonly Message[], contents: readonly string[]): number {
  const index = messages.findLastIndex(({ role }, at) => role === 'user' && isQuery(contents[at] ?? ''));
  return index < 0 ? messages.length - 1 : index;
}

export function isQuery(content: string): boolean {
  return !(content.startsWith('<tool_response>') && content.endsWith('</tool_response>'));
}

/** The instructions, from the list of tools on, for Qwen's models that write calls as tags. */
export const TAGGED_CALLS = `

If you choose to call a function ONLY reply in the following format with NO suffix:

<tool_call>
<function=example_function_name>
<parameter=example_parameter_1>
value_1
</parameter>
<parameter=example_parameter_2>
This is the value for the second parameter
that can span
multiple lines
</parameter>
</function>
</tool_call>

<IMPORTANT>
Reminder:
- Function calls MUST follow the specified format: an inner <function=...></function> block must be nested within <tool_call></tool_call> XML tags
- Required parameters MUST be specified
- You may provide optional reasoning for your function call in natural language BEFORE the function call, but NOT after
- If there is no function call available, answer the question like normal with your current knowledge and do not tell the user about function calls
</IMPORTANT>`;

import type { Message, Tool } from '../../../api/common.ts';
import type { Renderer } from '../family.ts';
import { callFields } from '../shared/argument-text.ts';
import { jsonText, sortedKeys } from '../shared/json-text.ts';
import { parameterFields } from '../shared/tool-fields.ts';

/** Source of the format: the chat template of CohereLabs/North-Mini-Code-1.0 (Command A of 2026). */
export const cohereRenderer: Renderer = {
  render: ({ messages, tools, think }) => {
    const [first] = messages;
    const system = first?.role === 'system' ? first.content : '';
    const rest = first?.role === 'system' ? messages.slice(1) : messages;
    const platform = `${system === '' ? '' : `${system}\n\n\n\n`}${toolsSection(tools)}`;
    const last = rest.at(-1);
    const isBegun = last !== undefined && isAssistant(last) && !last.tool_calls?.length;
    const thoughts = think === false ? '<|START_THINKING|><|END_THINKING|>' : '<|START_THINKING|>';
    const generation = isBegun ? '' : `${turnStart('CHATBOT')}${thoughts}`;
    return `${turn('SYSTEM', platform)}${new Turns(rest).write(isBegun)}${generation}`;
  },
};

const turnStart = (role: string): string => `<|START_OF_TURN_TOKEN|><|${role}_TOKEN|>`;
const turnEnd = '<|END_OF_TURN_TOKEN|>';

const turn = (role: string, text: string): string =>
  `${turnStart(role)}<|START_TEXT|>${text}<|END_TEXT|>${turnEnd}`;

const isAssistant = ({ role }: Message): boolean => role === 'assistant' || role === 'chatbot';

const json = (value: unknown): string => jsonText(value, 'spaced');

function toolsSection(tools: readonly Tool[]): string {
  const entries = tools.map((tool) => {
    const { name, description = '', parameters } = tool.function;
    return `\n    ${json({ name, description, parameters: parameterFields(parameters), responses: null })}`;
  });
  return `# Available Tools\n\`\`\`json\n[\n${entries.join(',\n\n')}\n\n\n]\n\`\`\``;
}

/** Calls are numbered through the whole conversation; results refer to the number of their call. */
class Turns {
  readonly #messages: readonly Message[];
  readonly #numbers = new Map<string, number>();
  #made = 0;
  #answered = 0;

  constructor(messages: readonly Message[]) {
    this.#messages = messages;
  }

  /** @param isBegun whether the last message stays open */
  write(isBegun: boolean): string {
    const pieces: string[] = [];
    for (const [index, message] of this.#messages.entries()) {
      const { role, content } = message;
      if (role === 'system' || role === 'user') pieces.push(turn(role.toUpperCase(), content));
      else if (isAssistant(message)) pieces.push(this.#assistant(message));
      else if (role === 'tool') pieces.push(this.#result(message, index));
    }
    const prompt = pieces.join('');
    return isBegun ? prompt.slice(0, -`<|END_TEXT|>${turnEnd}`.length) : prompt;
  }

  #assistant({ content, thinking, tool_calls: calls = [] }: Message): string {
    const thought = thinking ? `<|START_THINKING|>${thinking}<|END_THINKING|>` : '';
    const start = turnStart('CHATBOT');
    if (calls.length === 0) return `${start}${thought}<|START_TEXT|>${content}<|END_TEXT|>${turnEnd}`;
    const actions = calls.map(({ id, function: call }) => {
      const number = this.#made++;
      if (id && !this.#numbers.has(id)) this.#numbers.set(id, number);
      const values = Object.entries(callFields(call.arguments)).map(
        ([key, value]) => [key, sortedKeys(value)] as const,
      );
      const parameters = json(new Map(values));
      return `\n\n    {"tool_call_id": "${number}", "tool_name": "${call.name}", "parameters": ${parameters}}`;
    });
    // This white space is in the template.
    const indent = '\n            \n                ';
    return `${start}${indent}${thought}<|START_ACTION|>[${actions.join(',')}\n\n]<|END_ACTION|>${turnEnd}`;
  }

  /** Adjacent results share a turn. */
  #result({ content, tool_call_id: id }: Message, index: number): string {
    const number = id ? (this.#numbers.get(id) ?? id) : this.#answered;
    this.#answered++;
    const isFirst = this.#messages[index - 1]?.role !== 'tool';
    const isLast = this.#messages[index + 1]?.role !== 'tool';
    const opening = isFirst ? `${turnStart('SYSTEM')}<|START_TOOL_RESULT|>[` : ',';
    const ending = isLast ? `\n\n]<|END_TOOL_RESULT|>${turnEnd}` : '';
    const results = `\n\n            \n            "0": ${json({ content })}\n\n        `;
    const fields = `"tool_call_id": "${number}",\n        "results": {${results}},\n        "is_error": null`;
    return `${opening}\n    {\n        ${fields}\n    }${ending}`;
  }
}

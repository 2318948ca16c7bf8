import type { Message, Tool, ToolCall } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { GoObject, type GoValue } from '../../template/value.ts';
import { goValue } from './go-value.ts';
import { sortedJson } from './tool-json.ts';
import { toolValues } from './tool-values.ts';

/** In a template, `Think` is false both when thinking is off and when the request does not say. */
export interface ThinkVariables {
  readonly isSet: boolean;
  readonly isOn: boolean;
  /** "low" to "max", or "" if no level is given. */
  readonly level: string;
}

export function thinkVariables(think: Think | undefined): ThinkVariables {
  return {
    isSet: think !== undefined,
    isOn: think !== undefined && think !== false,
    level: typeof think === 'string' ? think : '',
  };
}

/** The data for a template that uses `.Messages`. */
export function chatTemplateData(input: {
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly think: ThinkVariables;
}): GoValue {
  return new Map<string, GoValue>([
    ['System', input.system],
    ['Messages', input.messages.map(messageValue)],
    ['Tools', toolValues(input.tools)],
    ['Response', ''],
    ...thinkEntries(input.think),
  ]);
}

/** The data for a template of single turns, or of a text with a gap. */
export function turnData(
  texts: Readonly<Partial<Record<'System' | 'Prompt' | 'Response' | 'Suffix', string>>>,
  think: ThinkVariables,
): GoValue {
  return new Map<string, GoValue>([...Object.entries(texts), ...thinkEntries(think)]);
}

function thinkEntries({ isSet, isOn, level }: ThinkVariables): [string, GoValue][] {
  return [
    ['Think', isOn],
    ['ThinkLevel', level],
    ['IsThinkSet', isSet],
  ];
}

function messageValue(message: Message): GoObject {
  const fields = new Map<string, GoValue>([
    ['Role', message.role],
    ['Content', message.content ?? ''],
    ['Thinking', message.thinking ?? ''],
    ['Images', message.images ?? []],
    ['ToolCalls', message.tool_calls?.map(callValue) ?? []],
    ['ToolName', message.tool_name ?? ''],
    ['ToolCallID', message.tool_call_id ?? ''],
  ]);
  return new GoObject({ typeName: '*template.templateMessage', fields });
}

function callValue({ id, function: called }: ToolCall): GoObject {
  const fields = new Map<string, GoValue>([
    ['Index', BigInt(Math.trunc(called.index ?? 0))],
    ['Name', called.name],
    ['Arguments', argumentsValue(called.arguments)],
  ]);
  const value = new GoObject({ typeName: 'template.templateToolCallFunction', fields });
  return new GoObject({
    typeName: 'template.templateToolCall',
    fields: new Map<string, GoValue>([
      ['ID', id ?? ''],
      ['Function', value],
    ]),
  });
}

/** Text that is not a JSON object is printed as it is, and has no items. */
function argumentsValue(values: ToolCall['function']['arguments']): GoObject {
  if (typeof values === 'string') {
    const printed = { toText: () => values, toJson: () => JSON.stringify(values) };
    return new GoObject({ typeName: 'template.templateArgs', items: new Map(), ...printed });
  }
  const json = () => sortedJson(values);
  const items = new Map(Object.entries(values).map(([name, value]) => [name, goValue(value)]));
  return new GoObject({ typeName: 'template.templateArgs', items, toText: json, toJson: json });
}

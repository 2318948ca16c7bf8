import type { Message } from '../../../api/common.ts';
import { goFloatText } from '../shared/go-number.ts';
import { sortedKeys } from '../shared/json-text.ts';
import { plainJson } from '../shared/plain-json.ts';
import type { NemotronVersion } from './nemotron-renderer.ts';

interface Place {
  readonly version: NemotronVersion;
  /** Before the last message of the user: its thinking is left out. */
  readonly isOld: boolean;
}

/** An answer of the assistant with its thinking and calls. */
export function assistantText(message: Message, { version, isOld }: Place): string {
  const { tool_calls: calls = [] } = message;
  const content = withThinking(message, version);
  if (calls.length === 0) return (isOld ? withoutOldThinking(content) : content).trim();
  const head = content.trim() === '' ? '<think></think>' : `${headOfCalls(content, isOld)}\n`;
  return head + calls.map(writtenCall).join('');
}

function withThinking({ content, thinking }: Message, version: NemotronVersion): string {
  const line = version === '3' ? '\n' : '';
  if (thinking) return `<think>\n${thinking}${line}</think>${line}${content}`;
  return content.includes('<think>') || content.includes('</think>') ? content : `<think></think>${content}`;
}

function withoutOldThinking(content: string): string {
  const hasBoth = content.includes('<think>') && content.includes('</think>');
  return hasBoth ? `<think></think>${content.split('</think>').at(-1) ?? ''}` : content;
}

function headOfCalls(content: string, isOld: boolean): string {
  if (!isOld) return content.trim();
  const rest = content.includes('</think>') ? content.split('</think>').at(-1) : content.split('<think>')[0];
  return `<think></think>${(rest ?? '').trim()}`;
}

type Call = NonNullable<Message['tool_calls']>[number];

function writtenCall({ function: { name, arguments: values } }: Call): string {
  const parameters = Object.entries(values).map(
    ([key, value]) => `<parameter=${key}>\n${valueText(value)}\n</parameter>\n`,
  );
  return `<tool_call>\n<function=${name}>\n${parameters.join('')}</function>\n</tool_call>\n`;
}

/** As Python prints it: lists and objects as JSON, `True`, `False` and `None`. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'object') return plainJson(sortedKeys(value));
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? goFloatText(value) : String(value);
}

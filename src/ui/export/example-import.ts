/** Examples of OpenAI's fine-tuning as chats. */
import type { ChatEntry } from '../../api/chats.ts';
import { isObject, type JsonObject } from '../chat-settings/json-value.ts';
import { toolsProblem } from '../chat-settings/tools-problem.ts';

/** Far more than one example has. */
const MAX_MESSAGES = 10_000;
const MAX_TITLE = 60;

interface Example {
  readonly title: string;
  readonly entries: ChatEntry[];
}

/** @returns undefined if the example cannot be shown without losing something */
export function exampleEntries(value: JsonObject, at: string, newId: () => string): Example | undefined {
  const { messages, tools } = value;
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > MAX_MESSAGES) return undefined;
  const settings: JsonObject = {};
  if (Array.isArray(tools) && toolsProblem(tools) === undefined) settings.tools = tools;
  const entries: ChatEntry[] = [];
  let title = '';
  let parent: string | null = null;
  for (const [index, message] of messages.entries()) {
    const members = membersOf(message);
    if (!members) return undefined;
    if (index === 0 && members.role === 'system') {
      settings.system = members.content;
      continue;
    }
    if (title === '' && members.role === 'user') title = titleOf(members.content);
    const id = newId();
    const written: JsonObject = { id, parent, created_at: at, ...members };
    entries.push({ type: 'message', id: newId(), at, message: written });
    parent = id;
  }
  entries.unshift({ type: 'settings', id: newId(), at, settings }, { type: 'title', id: newId(), at, title });
  return { title, entries };
}

interface Members {
  readonly role: string;
  readonly content: string;
}

const roles: Readonly<Record<string, string>> = {
  ...{ system: 'system', developer: 'system', user: 'user', assistant: 'assistant', tool: 'tool' },
};

function membersOf(message: unknown): Members | undefined {
  if (!isObject(message) || typeof message.role !== 'string' || !Object.hasOwn(roles, message.role))
    return undefined;
  const role = roles[message.role] ?? '';
  const content = contentOf(message.content);
  const calls = callsOf(message.tool_calls);
  if (content === undefined || !calls) return undefined;
  const { tool_call_id: id, name } = message;
  return {
    role,
    content,
    ...(role === 'assistant' && { state: 'done' }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(role === 'tool' && typeof id === 'string' && { tool_call_id: id }),
    ...(role === 'tool' && typeof name === 'string' && { tool_name: name }),
  };
}

/** A text, or parts that are all texts. Pictures would be lost, and so the example is refused. */
function contentOf(content: unknown): string | undefined {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part: unknown) =>
    isObject(part) && part.type === 'text' && typeof part.text === 'string' ? part.text : undefined,
  );
  return texts.includes(undefined) ? undefined : texts.join('\n');
}

function callsOf(calls: unknown): JsonObject[] | undefined {
  if (calls === undefined || calls === null) return [];
  if (!Array.isArray(calls)) return undefined;
  const read = calls.map((call: unknown) => {
    if (!isObject(call) || !isObject(call.function) || typeof call.function.name !== 'string')
      return undefined;
    const { name, arguments: given } = call.function;
    const id = typeof call.id === 'string' && { id: call.id };
    return { ...id, function: { name, arguments: argumentsOf(given) } };
  });
  const known = read.filter((call) => call !== undefined);
  return known.length === read.length ? known : undefined;
}

/** Arguments travel as a text; what is not the text of an object stays as it is. */
function argumentsOf(given: unknown): JsonObject | string {
  try {
    const parsed: unknown = typeof given === 'string' ? JSON.parse(given) : given;
    return isObject(parsed) ? parsed : String(given ?? '');
  } catch {
    return String(given);
  }
}

function titleOf(content: string): string {
  const line = content.trim().split('\n', 1)[0] ?? '';
  return line.length <= MAX_TITLE ? line : `${line.slice(0, MAX_TITLE - 1).trimEnd()}…`;
}

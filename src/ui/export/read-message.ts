/** A message that a file brings: checked member by member, and without members that the page does not know. */
import type { ToolCall } from '../../api/common.ts';
import { isObject, type JsonObject } from '../chat-settings/json-value.ts';
import type { Attachment, ChatMessage } from '../chats/chat-message.ts';
import { MAX_ATTACHMENTS, MAX_TEXT_CHARACTERS, maximumBytes } from '../composer/attachment-kinds.ts';

const MAX_TEXT = 16 * 1000 * 1000;
const MAX_NAME = 1000;
const MAX_CALLS = 1000;

const roles = ['system', 'user', 'assistant', 'tool'] as const;
const states = ['stopped', 'broken', 'done'] as const;
const kinds = ['text', 'image', 'audio', 'pdf'] as const;
const idPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/;
/** What the composer itself finds in files; a page shows only these. */
const typePattern =
  /^(?:image\/(?:png|jpeg|webp|gif|bmp)|audio\/(?:wav|mpeg|flac)|application\/pdf|text\/[\w.+-]+)$/;

function isText(value: unknown, maximum = MAX_TEXT): value is string {
  return typeof value === 'string' && value.length <= maximum;
}

/** @returns undefined if the message cannot be used. What it has beyond the necessary is left out if it is not valid. */
export function readMessage(value: unknown): ChatMessage | undefined {
  if (!isObject(value)) return undefined;
  const { id, parent = null, role, created_at, content } = value;
  if (!isText(id, MAX_NAME) || !idPattern.test(id) || !isText(content)) return undefined;
  if (parent !== null && !(isText(parent, MAX_NAME) && idPattern.test(parent))) return undefined;
  const knownRole = roles.find((one) => one === role);
  if (!knownRole || !isText(created_at, MAX_NAME) || Number.isNaN(Date.parse(created_at))) return undefined;
  return { id, parent, role: knownRole, created_at, content, ...optionalMembers(value) };
}

function optionalMembers(value: JsonObject): Partial<ChatMessage> {
  const { thinking_ms, timing, options, state } = value;
  const texts = Object.entries({ thinking: MAX_TEXT, tool_name: MAX_NAME, tool_call_id: MAX_NAME })
    .concat(Object.entries({ model: MAX_NAME, done_reason: MAX_NAME, error: MAX_TEXT }))
    .filter(([name, maximum]) => isText(value[name], maximum))
    .map(([name]) => [name, value[name]]);
  const known = states.find((one) => one === state);
  const calls = readCalls(value.tool_calls);
  const attachments = readAttachments(value.attachments);
  return {
    ...(Object.fromEntries(texts) as Partial<ChatMessage>),
    ...(typeof thinking_ms === 'number' && { thinking_ms }),
    ...(isObject(options) && { options }),
    ...(isObject(timing) && { timing: numbersOf(timing) }),
    ...(known && { state: known }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(attachments.length > 0 && { attachments }),
  };
}

/** Figures of an answer, which the page calculates with. */
function numbersOf(timing: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(timing).filter(([, figure]) => typeof figure === 'number' || typeof figure === 'boolean'),
  );
}

function readCalls(value: unknown): ToolCall[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_CALLS).flatMap((call: unknown) => {
    if (!isObject(call) || !isObject(call.function) || !isText(call.function.name, MAX_NAME)) return [];
    const { name, arguments: given } = call.function;
    if (!isObject(given) && typeof given !== 'string') return [];
    return [{ ...(isText(call.id, MAX_NAME) && { id: call.id }), function: { name, arguments: given } }];
  });
}

function readAttachments(value: unknown): Attachment[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ATTACHMENTS).flatMap((one: unknown) => readAttachment(one) ?? []);
}

function readAttachment(value: unknown): Attachment | undefined {
  if (!isObject(value)) return undefined;
  const { id, kind, name, type, size, text, data } = value;
  const known = kinds.find((one) => one === kind);
  if (!known || !isText(id, MAX_NAME) || !idPattern.test(id) || !isText(name, MAX_NAME)) return undefined;
  if (!isText(type, MAX_NAME) || !typePattern.test(type) || typeof size !== 'number') return undefined;
  const isMedium = known === 'image' || known === 'audio';
  if (isMedium) {
    const isData = isText(data, (maximumBytes[known] / 3) * 4 + 4) && base64Pattern.test(data);
    return isData ? { id, kind: known, name, type, size, data } : undefined;
  }
  return isText(text, MAX_TEXT_CHARACTERS) ? { id, kind: known, name, type, size, text } : undefined;
}

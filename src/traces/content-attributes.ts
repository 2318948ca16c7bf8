/**
 * What was said in a run, in the JSON forms of OpenTelemetry's conventions. Sent only when the user asks for it, without
 * pictures and sound, and within limits, because collectors refuse requests of more than a few megabytes.
 */
import type { ChatRequest } from '../api/chat.ts';
import type { Message } from '../api/common.ts';
import type { GenerateRequest } from '../api/generate.ts';
import type { RunContent } from '../runs/run-content.ts';
import type { Attributes } from './attributes.ts';

/** Characters of JSON in one attribute, roughly. */
const MAX_CHARACTERS = 32 * 1024;
/** Characters of one text, so that a long one does not leave out all others. */
const MAX_TEXT_CHARACTERS = 8 * 1024;
/** Characters of a role, a name or an ID. Real ones are shorter. */
const MAX_NAME_CHARACTERS = 128;
/** Calls and media of one message. */
const MAX_PARTS = 8;
const MAX_TOOLS = 128;

interface Part {
  readonly type: string;
  readonly content?: string;
  readonly [name: string]: unknown;
}

interface SaidMessage {
  readonly role: string;
  readonly parts: readonly Part[];
  readonly finish_reason?: string;
}

/** @param finishReason why the answer ended; absent = it did not reach its end */
export function contentAttributes({ request, answer }: RunContent, finishReason?: string): Attributes {
  const { system, messages, tools } = asked(request);
  return {
    ...(messages.length > 0 && { 'gen_ai.input.messages': JSON.stringify(latest(messages)) }),
    ...(system && { 'gen_ai.system_instructions': JSON.stringify([text(system)]) }),
    ...(tools.length > 0 && { 'gen_ai.tool.definitions': JSON.stringify(tools) }),
    'gen_ai.output.messages': JSON.stringify([{ ...said(answer), finish_reason: ending(finishReason) }]),
  };
}

function asked(request: ChatRequest | GenerateRequest) {
  if ('prompt' in request || !('messages' in request)) {
    const { system, prompt = '', images } = request as GenerateRequest;
    return { system, messages: [{ role: 'user', content: prompt, ...(images && { images }) }], tools: [] };
  }
  const { messages = [], tools = [] } = request;
  const names = tools
    .slice(0, MAX_TOOLS)
    .map((tool) => ({ type: 'function', name: clipped(tool.function.name, MAX_NAME_CHARACTERS) }));
  return { system: undefined, messages, tools: names };
}

function said({
  role: asWritten,
  content,
  thinking,
  images = [],
  tool_calls: calls = [],
  tool_call_id: id,
}: Message): SaidMessage {
  const role = clipped(asWritten, MAX_NAME_CHARACTERS);
  if (role === 'tool') {
    const result = {
      type: 'tool_call_response',
      ...(id !== undefined && { id: clipped(id, MAX_NAME_CHARACTERS) }),
      response: clipped(content),
    };
    return { role, parts: [result] };
  }
  const shownImages = images.slice(0, MAX_PARTS);
  const shownCalls = calls.slice(0, MAX_PARTS - shownImages.length);
  const parts: Part[] = [
    ...(thinking ? [{ type: 'reasoning', content: clipped(thinking) }] : []),
    ...(content === '' ? [] : [text(content)]),
    ...shownImages.map(() => ({ type: 'omitted_medium' })),
    ...shownCalls.map(({ id: callId, function: called }) => ({
      type: 'tool_call',
      ...(callId !== undefined && { id: clipped(callId, MAX_NAME_CHARACTERS) }),
      name: clipped(called.name, MAX_NAME_CHARACTERS),
      arguments: bounded(called.arguments),
    })),
  ];
  return { role, parts };
}

/** Keeps the end of a conversation, and says how many messages are left out. Reads no more of it than it keeps. */
function latest(messages: readonly Message[]): SaidMessage[] {
  const kept: SaidMessage[] = [];
  let room = MAX_CHARACTERS;
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = said(messages[index] ?? { role: '', content: '' });
    room -= JSON.stringify(message).length;
    if (room < 0 && kept.length > 0) {
      return [{ role: 'system', parts: [{ type: 'omitted_messages', count: index + 1 }] }, ...kept.reverse()];
    }
    kept.push(message);
  }
  return kept.reverse();
}

function text(content: string): Part {
  return { type: 'text', content: clipped(content) };
}

/** In the words of the conventions' schema. */
function ending(finishReason: string | undefined): string {
  if (finishReason === undefined) return 'error';
  return finishReason === 'tool_calls' ? 'tool_call' : finishReason;
}

function clipped(content: string, length = MAX_TEXT_CHARACTERS): string {
  return content.length <= length ? content : `${content.slice(0, length)}…`;
}

/** Arguments as they are, or as the beginning of their text if they are long. */
function bounded(values: object | string): object | string {
  const written = typeof values === 'string' ? values : JSON.stringify(values);
  return written.length <= MAX_TEXT_CHARACTERS ? values : clipped(written);
}

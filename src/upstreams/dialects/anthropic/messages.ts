import type { Message } from '../../../api/common.ts';
import { OllamaError } from '../../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import type { Addressee } from '../dialect.ts';
import { type LinkedMessage, linkedMessages } from '../linked-messages.ts';
import { pictureType } from '../media-type.ts';

export interface AnthropicMessages {
  readonly system: string;
  readonly messages: JsonObject[];
  readonly ignored: readonly string[];
  /** Whether the conversation ends with results of tools, or calls: the API then wants the thinking before them, signed. */
  readonly isWithinCalls: boolean;
}

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: JsonObject[];
}

/**
 * Turns of user and assistant that alternate, as the API demands; texts of the system go in front of them.
 * @throws OllamaError `invalid-request` for a medium that is not a picture
 */
export function anthropicMessages(messages: readonly Message[], to: Addressee): AnthropicMessages {
  const ignored = new Set<string>();
  const systems: string[] = [];
  const turns: Turn[] = [];
  for (const message of linkedMessages(messages)) {
    if (message.role === 'system' || message.role === 'developer') {
      systems.push(message.content);
      continue;
    }
    // Only thinking that its own model signed is accepted, and signatures are not part of the native API.
    if (message.thinking) ignored.add('messages.thinking');
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = blocksOf(message, to);
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else if (content.length > 0) turns.push({ role, content });
  }
  const last = messages.at(-1);
  return {
    system: systems.join('\n\n'),
    messages: turns.map(({ role, content }) => ({ role, content })),
    ignored: [...ignored],
    isWithinCalls: last?.role === 'tool' || (last?.tool_calls?.length ?? 0) > 0,
  };
}

function blocksOf(message: LinkedMessage, to: Addressee): JsonObject[] {
  const { role, content, images = [], calls, callId } = message;
  const media = images.map((data, index) => pictureBlock(data, index, to));
  // The API refuses empty texts.
  const text = content === '' ? [] : [{ type: 'text', text: content }];
  if (role === 'tool') {
    const inner = [...media, ...text];
    return [{ type: 'tool_result', tool_use_id: callId, ...(inner.length > 0 && { content: inner }) }];
  }
  return [
    ...media,
    ...text,
    ...calls.map(({ id, function: { name, arguments: given } }) => ({
      ...{ type: 'tool_use', id, name },
      input: isJsonObject(given) ? given : { input: given },
    })),
  ];
}

function pictureBlock(data: string, index: number, { upstream }: Addressee): JsonObject {
  const type = pictureType(data);
  if (type !== undefined) return { type: 'image', source: { type: 'base64', media_type: type, data } };
  throw new OllamaError(
    'invalid-request',
    `images[${index}] cannot be passed on to the upstream "${upstream}": send a PNG, JPEG, GIF or WebP picture`,
  );
}

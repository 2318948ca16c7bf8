import type { Message } from '../../../api/common.ts';
import { OllamaError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json-object.ts';
import type { Addressee } from '../dialect.ts';
import { argumentsText, type LinkedMessage, linkedMessages } from '../linked-messages.ts';
import { pictureType, soundFormat } from '../media-type.ts';

/** @throws OllamaError `invalid-request` for a medium of a type that the API does not have */
export function openAiMessages(
  messages: readonly Message[],
  to: Addressee,
): { readonly messages: JsonObject[]; readonly ignored: readonly string[] } {
  const ignored = new Set<string>();
  const mapped = linkedMessages(messages).map((message) => {
    if (message.thinking && !to.extensions) ignored.add('messages.thinking');
    return wireMessage(message, to);
  });
  return { messages: mapped, ignored: [...ignored] };
}

function wireMessage(message: LinkedMessage, to: Addressee): JsonObject {
  const { role, content, thinking, calls, callId } = message;
  if (role === 'tool') return { role, tool_call_id: callId, content: contentOf(message, to) };
  if (role !== 'assistant') return { role, content: contentOf(message, to) };
  return {
    role,
    content: content === '' && calls.length > 0 ? null : contentOf(message, to),
    // Servers disagree about the name.
    ...(thinking && to.extensions && { reasoning: thinking, reasoning_content: thinking }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        id: call.id,
        type: 'function',
        function: { name: call.function.name, arguments: argumentsText(call) },
      })),
    }),
  };
}

function contentOf({ content, images = [] }: LinkedMessage, to: Addressee): string | JsonObject[] {
  if (images.length === 0) return content;
  const media = images.map((data, index) => mediumPart(data, index, to));
  return content === '' ? media : [...media, { type: 'text', text: content }];
}

function mediumPart(data: string, index: number, { upstream }: Addressee): JsonObject {
  const type = pictureType(data);
  if (type !== undefined) return { type: 'image_url', image_url: { url: `data:${type};base64,${data}` } };
  const format = soundFormat(data);
  if (format !== undefined) return { type: 'input_audio', input_audio: { data, format } };
  throw new OllamaError(
    'invalid-request',
    `images[${index}] cannot be passed on to the upstream "${upstream}": send a PNG, JPEG, GIF or WebP picture, or a WAV or MP3 sound`,
  );
}

import type { Message, ToolCall } from '../../api/common.ts';
import { NestedJson } from '../../api/json-body.ts';
import { lastUserTurn } from '../../api/last-user-turn.ts';
import { parsedArguments } from '../../api/parsed-arguments.ts';
import type { Model } from '../../models/model.ts';
import { type Medium, mediaOf } from '../media/medium.ts';
import { accepts, requireAccepted } from './media-checks.ts';

/**
 * The messages of a request as the model can be given them: the arguments of calls as objects where they are JSON, and
 * text in the place of pictures and sounds that the model cannot be given.
 * @param ignored gets the name of each medium that is left out
 * @param asked the index of the message that the answer is about
 * @throws OllamaError `invalid-request` for such a medium in that message
 */
export function readableHistory(
  model: Model,
  messages: readonly Message[],
  ignored: (name: string) => void,
  asked = lastUserTurn(messages.map(({ role }) => role)),
): readonly Message[] {
  if (!messages.some(({ images, tool_calls: calls }) => images?.length || calls?.some(hasText)))
    return messages;
  const nested = new NestedJson();
  return messages.map((message, index) => {
    const { images = [], imagePlaces, ...rest } = withParsedCalls(message, nested);
    if (images.length === 0) return rest;
    const places = imagePlaces ?? images.map((_, position) => `messages[${index}].images[${position}]`);
    const media = mediaOf([{ ...rest, images, imagePlaces: places }]);
    if (index === asked) requireAccepted(model, media);
    const kept = media.filter(({ kind }) => accepts(model, kind));
    const leftOut = media.filter(({ kind }) => !accepts(model, kind));
    for (const { place, kind } of leftOut) ignored(`${place} (${kind})`);
    return { ...rest, content: withMarkers(rest.content, leftOut), ...imageFields(kept) };
  });
}

/** The messages that are part of the model itself, which the answer is not about. */
export function storedHistory(model: Model): readonly Message[] {
  return readableHistory(model, model.messages, () => undefined, -1);
}

function withMarkers(content: string, leftOut: readonly Medium[]): string {
  const markers = leftOut.map(({ kind }) => `[${kind} left out]`);
  return [...markers, content].filter((text) => text !== '').join('\n');
}

function imageFields(media: readonly Medium[]): Pick<Message, 'images' | 'imagePlaces'> {
  if (media.length === 0) return {};
  return { images: media.map(({ data }) => data), imagePlaces: media.map(({ place }) => place) };
}

function hasText({ function: called }: ToolCall): boolean {
  return typeof called.arguments === 'string';
}

function withParsedCalls(message: Message, nested: NestedJson): Message {
  const { tool_calls: calls } = message;
  if (!calls?.some(hasText)) return message;
  const parsed = calls.map((call) => ({
    ...call,
    function: { ...call.function, arguments: parsedArguments(call.function.arguments, nested) },
  }));
  return { ...message, tool_calls: parsed };
}

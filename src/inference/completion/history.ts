import type { Message, ToolCall } from '../../api/common.ts';
import { NestedJson } from '../../api/json-body.ts';
import { lastUserTurn } from '../../api/last-user-turn.ts';
import { parsedArguments } from '../../api/parsed-arguments.ts';
import type { Model } from '../../models/model.ts';
import { requireNoImages } from './checks.ts';

const MARKER = '[image left out]';

/**
 * The messages of a request as the model can be given them: the arguments of calls as objects where they are JSON, and
 * text in the place of images.
 * @param ignored gets the name of each image that is left out
 * @throws OllamaError `invalid-request` for an image in the last user's turn: the answer would not be about it
 */
export function readableHistory(
  model: Model,
  messages: readonly Message[],
  ignored: (name: string) => void,
): readonly Message[] {
  if (!messages.some(({ images, tool_calls: calls }) => images?.length || calls?.some(hasText)))
    return messages;
  const asked = lastUserTurn(messages.map(({ role }) => role));
  const nested = new NestedJson();
  return messages.map((message, index) => {
    const { images = [], imagePlaces, ...rest } = withParsedCalls(message, nested);
    if (images.length === 0) return rest;
    const places = imagePlaces ?? images.map((_, position) => `messages[${index}].images[${position}]`);
    if (index === asked) requireNoImages(model, places);
    for (const place of places) ignored(`${place} (image)`);
    const content = [...images.map(() => MARKER), rest.content].filter((text) => text !== '').join('\n');
    return { ...rest, content };
  });
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

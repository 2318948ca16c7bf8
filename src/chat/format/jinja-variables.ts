import type { JsonObject } from '../../base/json-object.ts';
import { templateMessage } from '../shape/jinja-data.ts';
import type { DataShape } from '../shape/message-shape.ts';
import type { PromptInput } from './chat-format.ts';

/** Names that have a meaning of their own in every template; a request's arguments do not replace them. */
const reserved = new Set([
  'messages',
  'tools',
  'add_generation_prompt',
  'bos_token',
  'eos_token',
  'range',
  'namespace',
  'raise_exception',
  'strftime_now',
  ...['true', 'false', 'none', 'True', 'False', 'None'],
]);

/** The variables that chat templates on Hugging Face expect, and those that the request adds. */
export function templateVariables(
  { messages, tools, think, templateArguments, ...special }: PromptInput,
  shape: DataShape,
): Record<string, unknown> {
  return {
    documents: null,
    ...givenArguments(templateArguments),
    messages: messages.map((message) => templateMessage(message, shape)),
    tools: tools.length > 0 ? tools : shape.noTools === 'list' ? [] : null,
    add_generation_prompt: true,
    bos_token: special.bosToken,
    eos_token: special.eosToken,
    ...(think !== undefined && { enable_thinking: think !== false, thinking: think !== false }),
    ...(typeof think === 'string' && { reasoning_effort: think }),
  };
}

function givenArguments(given: JsonObject = {}): JsonObject {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !reserved.has(name)));
}

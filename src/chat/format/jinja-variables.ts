import type { Tool } from '../../api/common.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { templateMessage } from '../shape/jinja-data.ts';
import type { DataShape } from '../shape/message-shape.ts';
import { completeTools } from '../shape/tool-text.ts';
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
    ...(shape.functions && { functions: functionsText(tools), datetime: dateText() }),
    ...givenArguments(templateArguments),
    messages: messages.map((message) => templateMessage(message, shape)),
    tools: toolsValue(tools, shape),
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

function toolsValue(tools: readonly Tool[], shape: DataShape): readonly Tool[] | null {
  if (tools.length === 0) return shape.noTools === 'list' ? [] : null;
  return shape.tools === 'complete' ? completeTools(tools) : tools;
}

function functionsText(tools: readonly Tool[]): string {
  return tools.length === 0 ? '' : JSON.stringify(tools, null, 2);
}

/** Without the time, which would make every prompt another one. */
function dateText(): string {
  return new Date().toDateString().slice('Mon '.length);
}

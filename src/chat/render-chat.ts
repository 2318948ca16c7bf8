import type { Message, Tool } from '../api/common.ts';
import type { Think } from '../api/think.ts';
import type { ChatTemplates } from './chat-templates.ts';
import { renderPlainPrompt } from './plain-prompt.ts';

export interface ChatRenderInput {
  /** Jinja text; absent = the plain format. */
  readonly chatTemplate?: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly Tool[];
  readonly bosToken: string;
  readonly eosToken: string;
  readonly addGenerationPrompt: boolean;
  readonly think?: Think;
}

/**
 * Messages to prompt text. A last message of the assistant is a beginning that the model continues.
 * @throws OllamaError as `JinjaTemplate`
 */
export function renderChat(input: ChatRenderInput, templates: ChatTemplates): string {
  const last = input.messages.at(-1);
  const beginning = last?.role === 'assistant' && !last.tool_calls?.length ? last.content : undefined;
  const messages = beginning === undefined ? input.messages : input.messages.slice(0, -1);
  const render = (addGenerationPrompt: boolean) =>
    input.chatTemplate === undefined
      ? renderPlainPrompt(messages, addGenerationPrompt)
      : templates.get(input.chatTemplate).render(templateVariables(input, messages, addGenerationPrompt));
  if (beginning === undefined) return render(input.addGenerationPrompt);
  const separator = input.chatTemplate === undefined ? ' ' : '';
  return `${render(true)}${separator}${beginning}`;
}

/** The variables that chat templates on Hugging Face are written for. */
function templateVariables(
  input: ChatRenderInput,
  messages: readonly Message[],
  addGenerationPrompt: boolean,
): Record<string, unknown> {
  return {
    messages: messages.map(templateMessage),
    tools: input.tools?.length ? input.tools : null,
    documents: null,
    add_generation_prompt: addGenerationPrompt,
    bos_token: input.bosToken,
    eos_token: input.eosToken,
    ...(input.think !== undefined && {
      enable_thinking: input.think !== false,
      thinking: input.think !== false,
    }),
    ...(typeof input.think === 'string' && { reasoning_effort: input.think }),
  };
}

function templateMessage(message: Message): Record<string, unknown> {
  return {
    role: message.role,
    content: message.content,
    ...(message.thinking !== undefined && {
      thinking: message.thinking,
      reasoning_content: message.thinking,
    }),
    ...(message.tool_calls?.length && {
      tool_calls: message.tool_calls.map((call) => ({
        type: 'function',
        ...(call.id !== undefined && { id: call.id }),
        function: { name: call.function.name, arguments: call.function.arguments },
      })),
    }),
    ...(message.tool_name !== undefined && { name: message.tool_name, tool_name: message.tool_name }),
    ...(message.tool_call_id !== undefined && { tool_call_id: message.tool_call_id }),
  };
}

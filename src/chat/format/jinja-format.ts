import type { Message } from '../../api/common.ts';
import type { ParserFamily } from '../families/family.ts';
import type { ChatTemplates } from '../jinja/jinja-templates.ts';
import type { ParserInput } from '../output/output-parser.ts';
import type { ChatFormat, PromptInput, Reading } from './chat-format.ts';
import { jinjaReading } from './jinja-reading.ts';

/** The format of a model with a Jinja chat template, as on Hugging Face. */
export class JinjaFormat implements ChatFormat {
  readonly #text: string;
  readonly #templates: ChatTemplates;
  readonly #parser: ParserFamily | undefined;

  /** @param parts `parser` if the model names one; otherwise the markers in the template choose it */
  constructor(parts: { text: string; templates: ChatTemplates; parser: ParserFamily | undefined }) {
    this.#text = parts.text;
    this.#templates = parts.templates;
    this.#parser = parts.parser;
  }

  render(input: PromptInput): string {
    const last = input.messages.at(-1);
    const isBegun = last?.role === 'assistant' && !last.tool_calls?.length;
    const messages = isBegun ? input.messages.slice(0, -1) : input.messages;
    const prompt = this.#templates.get(this.#text).render(templateVariables({ ...input, messages }));
    return isBegun ? prompt + last.content : prompt;
  }

  read(input: ParserInput, prompt: string): Reading {
    return jinjaReading({ text: this.#text, parser: this.#parser }, input, prompt);
  }

  stop(): readonly string[] {
    return [];
  }
}

/** The variables that chat templates on Hugging Face expect. */
function templateVariables({ messages, tools, think, ...special }: PromptInput): Record<string, unknown> {
  return {
    messages: messages.map(templateMessage),
    tools: tools.length > 0 ? tools : null,
    documents: null,
    add_generation_prompt: true,
    bos_token: special.bosToken,
    eos_token: special.eosToken,
    ...(think !== undefined && { enable_thinking: think !== false, thinking: think !== false }),
    ...(typeof think === 'string' && { reasoning_effort: think }),
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

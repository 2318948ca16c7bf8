import { z } from 'zod';
import type { Message, ToolCall } from '../../../api/common.ts';
import { requestObject } from '../../../api/request-object.ts';
import { OllamaError } from '../../../base/errors.ts';
import { contentSchema, plainContent } from '../content.ts';
import { parsedArguments } from '../messages.ts';

/** Far above real use; it bounds our own loops. */
const MAX_ITEMS = 100_000;

const summarySchema = z.array(
  requestObject({ type: z.string().exactOptional(), text: z.string().default('') }),
);

const itemSchema = requestObject({
  type: z.string().default('message'),
  id: z.string().exactOptional(),
  role: z.string().exactOptional(),
  content: contentSchema.exactOptional(),
  call_id: z.string().exactOptional(),
  name: z.string().exactOptional(),
  arguments: z.string().exactOptional(),
  output: contentSchema.exactOptional(),
  summary: summarySchema.exactOptional(),
  encrypted_content: z.string().exactOptional(),
  status: z.string().exactOptional(),
  phase: z.string().exactOptional(),
});

export const inputSchema = z.union([z.string(), z.array(itemSchema).max(MAX_ITEMS)], {
  error: 'input must be a text or a list of items',
});

type Item = z.infer<typeof itemSchema>;

/** @throws OllamaError `invalid-request` for items that cannot be read */
export function nativeInput(input: z.infer<typeof inputSchema>): Message[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  const conversation = new Conversation();
  for (const item of input) conversation.add(item);
  return conversation.messages;
}

/** Thinking, text and calls of one answer are items of their own here, and one message in the native API. */
class Conversation {
  readonly messages: Message[] = [];
  readonly #names = new Map<string, string>();
  #thinking = '';

  add(item: Item): void {
    switch (item.type) {
      case 'message':
        this.#addMessage(item);
        return;
      case 'reasoning':
        this.#thinking += item.summary?.map(({ text }) => text).join('\n') ?? '';
        return;
      case 'function_call':
        this.#addCall(item);
        return;
      case 'function_call_output':
        this.#addResult(item);
        return;
      default:
        throw new OllamaError('invalid-request', `input: items of type "${item.type}" are not supported`);
    }
  }

  #addMessage({ role = 'user', content }: Item): void {
    const { content: text, images } = plainContent(content);
    const isAnswer = role === 'assistant';
    this.messages.push({
      role: role === 'developer' ? 'system' : role,
      content: text,
      ...(images.length > 0 && { images }),
      ...(isAnswer && this.#takeThinking()),
    });
  }

  #addCall({ call_id: id, name = '', arguments: written = '' }: Item): void {
    if (id !== undefined) this.#names.set(id, name);
    const last = this.messages.at(-1);
    const answer = last?.role === 'assistant' ? last : undefined;
    const calls = answer?.tool_calls ?? [];
    const call: ToolCall = {
      ...(id !== undefined && { id }),
      function: { index: calls.length, name, arguments: parsedArguments(written) },
    };
    const message = answer ?? { role: 'assistant', content: '', ...this.#takeThinking() };
    if (answer) this.messages.pop();
    this.messages.push({ ...message, tool_calls: [...calls, call] });
  }

  #addResult({ call_id: id = '', output }: Item): void {
    const { content, images } = plainContent(output);
    const name = this.#names.get(id);
    this.messages.push({
      role: 'tool',
      content,
      tool_call_id: id,
      ...(name !== undefined && { tool_name: name }),
      ...(images.length > 0 && { images }),
    });
  }

  #takeThinking(): { thinking?: string } {
    const thinking = this.#thinking;
    this.#thinking = '';
    return thinking === '' ? {} : { thinking };
  }
}

import { z } from 'zod';
import { listOf } from '../../../api/bounded.ts';
import type { Message } from '../../../api/common.ts';
import { NestedJson } from '../../../api/json-body.ts';
import { requestObject } from '../../../api/request-object.ts';
import { OllamaError } from '../../../base/errors.ts';
import { contentSchema, plainContent } from '../content.ts';
import { parsedArguments } from '../messages.ts';

/** Far above real use; it bounds our loops. */
const MAX_ITEMS = 100_000;
/** Texts that sum up one item of reasoning. */
const MAX_SUMMARIES = 1000;

const summarySchema = listOf(
  requestObject({ type: z.string().exactOptional(), text: z.string().default('') }),
  MAX_SUMMARIES,
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

export const inputSchema = z.union([z.string(), listOf(itemSchema, MAX_ITEMS)], {
  error: 'input must be a string or a list of items',
});

type Item = z.infer<typeof itemSchema>;

/**
 * Converts input items to native messages.
 * @param before the conversation so far; the input may contain the results of its calls
 * @throws OllamaError `invalid-request` for unsupported items
 */
export function nativeInput(input: z.infer<typeof inputSchema>, before: readonly Message[]): Message[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  const conversation = new Conversation(before);
  for (const item of input) conversation.add(item);
  return conversation.end();
}

/** Joins the thinking, text and calls of an answer, which are separate items here, into one native message. */
class Conversation {
  readonly #messages: Message[] = [];
  /** Tool names by call ID. */
  readonly #names = new Map<string, string>();
  readonly #nested = new NestedJson();
  #thinking = '';

  constructor(before: readonly Message[]) {
    const calls = before.flatMap((message) => message.tool_calls ?? []);
    for (const { id, function: called } of calls) if (id !== undefined) this.#names.set(id, called.name);
  }

  end(): Message[] {
    this.#endThought();
    return this.#messages;
  }

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
    if (!isAnswer) this.#endThought();
    this.#messages.push({
      role: role === 'developer' ? 'system' : role,
      content: text,
      ...(images.length > 0 && { images }),
      ...(isAnswer && this.#takeThinking()),
    });
  }

  #addCall({ call_id: id, name = '', arguments: written = '' }: Item): void {
    if (id !== undefined) this.#names.set(id, name);
    const last = this.#messages.at(-1);
    const answer = last?.role === 'assistant' ? last : undefined;
    const calls = answer?.tool_calls ?? [];
    // The answer and its list are this object's own: copying them for each call would take quadratic time.
    calls.push({
      ...(id !== undefined && { id }),
      function: { index: calls.length, name, arguments: parsedArguments(written, this.#nested) },
    });
    const fields = { ...this.#takeThinking(answer?.thinking), tool_calls: calls };
    if (answer) Object.assign(answer, fields);
    else this.#messages.push({ role: 'assistant', content: '', ...fields });
  }

  #addResult({ call_id: id = '', output }: Item): void {
    const { content, images } = plainContent(output);
    const name = this.#names.get(id);
    this.#endThought();
    this.#messages.push({
      role: 'tool',
      content,
      tool_call_id: id,
      ...(name !== undefined && { tool_name: name }),
      ...(images.length > 0 && { images }),
    });
  }

  /** Thinking without text or calls becomes an answer of its own, so that no later answer gets it. */
  #endThought(): void {
    const thought = this.#takeThinking();
    if (thought.thinking) this.#messages.push({ role: 'assistant', content: '', ...thought });
  }

  /** @param earlier earlier thinking of the same answer */
  #takeThinking(earlier = ''): { thinking?: string } {
    const thinking =
      earlier === '' || this.#thinking === '' ? earlier + this.#thinking : `${earlier}\n${this.#thinking}`;
    this.#thinking = '';
    return thinking === '' ? {} : { thinking };
  }
}

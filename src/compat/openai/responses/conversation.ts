import type { Message } from '../../../api/common.ts';
import type { JsonObject } from '../../../base/json-object.ts';
import { CallNames } from '../../call-names.ts';
import { imageFields, type PlainContent } from '../../plain-content.ts';

interface Call {
  readonly id: string | undefined;
  /** As the model is offered it. */
  readonly name: string;
  readonly arguments: JsonObject | string;
}

/** Joins the thinking, text and calls of an answer, which are separate items in the Responses API, into one native message. */
export class Conversation {
  readonly #messages: Message[] = [];
  /** Tool names by call ID. */
  readonly #names = new CallNames();
  #thinking = '';

  /** @param before the conversation so far, whose calls may have their results here */
  constructor(before: readonly Message[]) {
    const calls = before.flatMap((message) => message.tool_calls ?? []);
    for (const { id, function: called } of calls) if (id !== undefined) this.#names.note(id, called.name);
  }

  end(): Message[] {
    this.#endThought();
    return this.#messages;
  }

  addThinking(text: string): void {
    this.#thinking += text;
  }

  addMessage(role: string, content: PlainContent): void {
    const isAnswer = role === 'assistant';
    if (!isAnswer) this.#endThought();
    this.#messages.push({
      role: role === 'developer' ? 'system' : role,
      content: content.content,
      ...imageFields(content),
      ...(isAnswer && this.#takeThinking()),
    });
  }

  addCall({ id, name, arguments: given }: Call): void {
    if (id !== undefined) this.#names.note(id, name);
    const last = this.#messages.at(-1);
    const answer = last?.role === 'assistant' ? last : undefined;
    const calls = answer?.tool_calls ?? [];
    // The answer and its list are this object's own: copying them for each call would take quadratic time.
    calls.push({
      ...(id !== undefined && { id }),
      function: { index: calls.length, name, arguments: given },
    });
    const fields = { ...this.#takeThinking(answer?.thinking), tool_calls: calls };
    if (answer) Object.assign(answer, fields);
    else this.#messages.push({ role: 'assistant', content: '', ...fields });
  }

  addResult(id: string, content: PlainContent): void {
    const name = this.#names.of(id);
    this.#endThought();
    this.#messages.push({
      role: 'tool',
      content: content.content,
      tool_call_id: id,
      ...(name !== undefined && { tool_name: name }),
      ...imageFields(content),
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

import { z } from 'zod';
import { jsonObjectSchema, listOf } from '../../../api/bounded.ts';
import type { Message } from '../../../api/common.ts';
import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import { NestedJson } from '../../../api/json-body.ts';
import { callId, isCall, isCallOutput, readCall, writtenResult } from './call-items.ts';
import { readContent } from './content-parts.ts';
import { Conversation } from './conversation.ts';
import { type Item, objectsIn, textIn, typeOf } from './item.ts';
import type { OfferedTools } from './offered-tools.ts';

/** Far above real use; it bounds our loops. */
const MAX_ITEMS = 100_000;

const itemSchema = jsonObjectSchema.meta({
  type: 'object',
  description: 'An item of any type: a message, a call, its output, reasoning, ...',
});

export const inputSchema = z.union([z.string(), listOf(itemSchema, MAX_ITEMS)], {
  error: 'input must be a string or a list of items',
});

type Input = z.infer<typeof inputSchema>;

export interface InputSurroundings {
  /** The conversation so far; the input may contain the results of its calls. */
  readonly before: readonly Message[];
  readonly tools: OfferedTools;
  readonly ignored: IgnoredParts;
  /** Finds an item of an earlier response by its ID. */
  storedItem(id: string): Item | undefined;
}

/** Adds the tools that come as items instead of in `tools`. @throws OllamaError `invalid-request` for too many */
export function addToolsOfItems(input: Input, tools: OfferedTools): void {
  if (typeof input === 'string') return;
  for (const [index, item] of input.entries()) {
    if (toolItems.has(typeOf(item, ''))) tools.add(objectsIn(item, 'tools'), `input[${index}].tools`);
  }
}

/** Codex sends `additional_tools`; a client that searches for tools returns those that it found. */
const toolItems: ReadonlySet<string> = new Set(['additional_tools', 'tool_search_output']);

/**
 * Converts input items to native messages. Those that no model can be given are left out and named.
 * @throws OllamaError `invalid-request` for a part of the last message of the user that no model can be given
 */
export function nativeInput(input: Input, surroundings: InputSurroundings): Message[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  const question = input.findLastIndex((item) => isUserMessage(item));
  const reader = new ItemReader(surroundings);
  for (const [index, item] of input.entries()) reader.read(item, `input[${index}]`, index === question);
  return reader.end();
}

function isUserMessage(item: Item): boolean {
  return (
    typeOf(item, 'message') === 'message' && (textIn(item, 'role') ?? 'user') === 'user' && !isReference(item)
  );
}

/** A reference may leave out its type. */
function isReference(item: Item): boolean {
  return item.type === 'item_reference' || (!item.type && !item.role && !item.content && Boolean(item.id));
}

class ItemReader {
  readonly #surroundings: InputSurroundings;
  readonly #conversation: Conversation;
  readonly #nested = new NestedJson();

  constructor(surroundings: InputSurroundings) {
    this.#surroundings = surroundings;
    this.#conversation = new Conversation(surroundings.before);
  }

  end(): Message[] {
    return this.#conversation.end();
  }

  read(item: Item, path: string, isQuestion: boolean): void {
    const known = isReference(item) ? this.#surroundings.storedItem(textIn(item, 'id') ?? '') : item;
    const type = known ? typeOf(known, 'message') : 'item_reference';
    if (known && this.#readKnown(known, type, { path, isQuestion })) return;
    this.#surroundings.ignored.add(`${path} (${type})`);
  }

  /** @returns false for an item that is left out */
  #readKnown(item: Item, type: string, place: { path: string; isQuestion: boolean }): boolean {
    if (toolItems.has(type) && !isCallOutput(type)) return true;
    if (type === 'message') {
      this.#conversation.addMessage(
        textIn(item, 'role') ?? 'user',
        this.#content(item.content, place, 'content'),
      );
      return true;
    }
    if (type === 'reasoning') return this.#readThinking(item);
    if (type === 'agent_message') return this.#readAgentMessage(item, place);
    if (isCall(type)) return this.#readCall(item, type, place);
    if (!isCallOutput(type) || callId(item) === undefined) return false;
    const { output = null } = item;
    const result = output === null ? this.#found(item) : writtenResult(output);
    this.#conversation.addResult(callId(item) ?? '', this.#content(result, place, 'output'));
    return true;
  }

  /** What a search for tools found: they are offered with the others, so the result is their names. */
  #found(item: Item): string {
    const names = this.#surroundings.tools.namesOf(objectsIn(item, 'tools'));
    return names.length > 0 ? JSON.stringify(names) : '';
  }

  #content(content: unknown, { path, isQuestion }: { path: string; isQuestion: boolean }, field: string) {
    const { ignored } = this.#surroundings;
    return readContent(content, { path: `${path}.${field}`, isQuestion, ignored });
  }

  /** A summary stands for the whole text where that is not sent. Encrypted reasoning is of no use to another model. */
  #readThinking(item: Item): boolean {
    const texts = ['content', 'summary'].map((field) =>
      objectsIn(item, field).flatMap((part) => textIn(part, 'text') ?? []),
    );
    const thinking = texts.find((parts) => parts.length > 0) ?? [];
    this.#conversation.addThinking(thinking.join('\n'));
    return thinking.length > 0;
  }

  /** What another agent of the same client says. */
  #readAgentMessage(item: Item, place: { path: string; isQuestion: boolean }): boolean {
    const content = this.#content(item.content, place, 'content');
    if (content.content !== '') this.#conversation.addMessage('user', content);
    return content.content !== '';
  }

  #readCall(item: Item, type: string, place: { path: string; isQuestion: boolean }): boolean {
    const call = readCall(item, type, this.#nested);
    if (!call) return false;
    const name = this.#surroundings.tools.nameInHistory(call.name, call.namespace);
    this.#conversation.addCall({ id: call.id, name, arguments: call.arguments });
    if (call.result === undefined) return true;
    this.#conversation.addResult(call.id ?? '', this.#content(writtenResult(call.result), place, 'output'));
    return true;
  }
}

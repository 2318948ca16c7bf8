import { z } from 'zod';
import { jsonObjectSchema, listOf } from '../../../api/bounded.ts';
import type { Message } from '../../../api/common.ts';
import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import { NestedJson } from '../../../api/json-body.ts';
import { lastUserTurn } from '../../../api/last-user-turn.ts';
import type { PlainContent } from '../../plain-content.ts';
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
  const asked = lastUserTurn(input.map(roleOf));
  const reader = new ItemReader(surroundings);
  for (const [index, item] of input.entries()) reader.read(item, `input[${index}]`, index === asked);
  return reader.end();
}

/** The role of the message that an item becomes. */
function roleOf(item: Item): string {
  if (isReference(item)) return 'assistant';
  const type = typeOf(item, 'message');
  if (type === 'message') return textIn(item, 'role') ?? 'user';
  return isCallOutput(type) ? 'tool' : 'assistant';
}

/** A reference may leave out its type. */
function isReference(item: Item): boolean {
  return item.type === 'item_reference' || (!item.type && !item.role && !item.content && Boolean(item.id));
}

interface ContentField {
  readonly field: string;
  /** Whether a model wrote it. */
  readonly isAnswer: boolean;
}

const message: ContentField = { field: 'content', isAnswer: false };
const output: ContentField = { field: 'output', isAnswer: false };

interface Place {
  /** Such as "input[3]". */
  readonly path: string;
  readonly isAsked: boolean;
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

  read(item: Item, path: string, isAsked: boolean): void {
    const known = isReference(item) ? this.#surroundings.storedItem(textIn(item, 'id') ?? '') : item;
    const type = known ? typeOf(known, 'message') : 'item_reference';
    if (known && this.#readKnown(known, type, { path, isAsked })) return;
    this.#surroundings.ignored.add(`${path} (${type})`);
  }

  /** @returns false for an item that is left out */
  #readKnown(item: Item, type: string, place: Place): boolean {
    if (toolItems.has(type) && !isCallOutput(type)) return true;
    if (type === 'message') return this.#readMessage(item, place);
    if (type === 'reasoning') return this.#readThinking(item);
    if (type === 'agent_message') return this.#readAgentMessage(item, place);
    if (isCall(type)) return this.#readCall(item, type, place);
    if (!isCallOutput(type) || callId(item) === undefined) return false;
    const result = item.output ? writtenResult(item.output) : this.#found(item);
    this.#conversation.addResult(callId(item) ?? '', this.#content(result, place, output));
    return true;
  }

  /** What a search for tools found: they are offered with the others, so the result is their names. */
  #found(item: Item): string {
    const names = this.#surroundings.tools.namesOf(objectsIn(item, 'tools'));
    return names.length > 0 ? JSON.stringify(names) : '';
  }

  #content(content: unknown, { path, isAsked }: Place, { field, isAnswer }: ContentField): PlainContent {
    const { ignored } = this.#surroundings;
    return readContent(content, { path: `${path}.${field}`, isAsked, isAnswer, ignored });
  }

  #readMessage(item: Item, place: Place): boolean {
    const role = textIn(item, 'role') ?? 'user';
    const field = { field: 'content', isAnswer: role === 'assistant' };
    this.#conversation.addMessage(role, this.#content(item.content, place, field));
    return true;
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
  #readAgentMessage(item: Item, place: Place): boolean {
    const content = this.#content(item.content, place, message);
    if (content.content !== '') this.#conversation.addMessage('user', content);
    return content.content !== '';
  }

  #readCall(item: Item, type: string, place: Place): boolean {
    const call = readCall(item, type, this.#nested);
    if (!call) return false;
    const name = this.#surroundings.tools.nameInHistory(call.name, call.namespace);
    this.#conversation.addCall({ id: call.id, name, arguments: call.arguments });
    if (call.result === undefined) return true;
    this.#conversation.addResult(call.id ?? '', this.#content(writtenResult(call.result), place, output));
    return true;
  }
}

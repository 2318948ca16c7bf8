import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import type { Message, ToolCall } from '../../api/common.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { NestedJson } from '../../api/json-body.ts';
import { lastUserTurn } from '../../api/last-user-turn.ts';
import { parsedArguments } from '../../api/parsed-arguments.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { CallNames } from '../call-names.ts';
import { type ContentPlace, imageFields, PlainParts } from '../plain-content.ts';
import { addBlocks, plainBlocks } from './block-text.ts';
import { type Block, blocksOf, blocksSchema, type InnerBlock } from './content.ts';
import type { DeclaredTools } from './declared-tools.ts';

/** The limit of Anthropic's own API. */
const MAX_MESSAGES = 100_000;

const messageSchema = requestObject({ role: z.string(), content: blocksSchema });

export const messagesSchema = listOf(messageSchema, MAX_MESSAGES);

type WireMessage = z.infer<typeof messageSchema>;

/** How Claude Code begins a line of its system text that differs between sessions and is no text for a model. */
const billingLine = /^x-anthropic-billing-header:[^\n]*\n?/;

/** The blocks of a system text without the line about billing, which would keep every prompt from its prefix. */
export function systemBlocks(blocks: readonly Block[]): Block[] {
  return blocks.flatMap((block) => {
    const { text = '' } = block;
    if (!billingLine.test(text)) return [block];
    const rest = text.replace(billingLine, '');
    return rest === '' ? [] : [{ ...block, text: rest }];
  });
}

/**
 * Converts messages to the native API.
 * @param tools gets to know what the messages say about tools
 * @param ignored gets the blocks that are left out
 * @throws OllamaError `invalid-request` for an unknown role, and for a block of the last user's message that no model can be
 * given
 */
export function nativeMessages(
  messages: readonly WireMessage[],
  tools: DeclaredTools,
  ignored: IgnoredParts,
): Message[] {
  const asked = lastUserTurn(messages.map(turnOf));
  const conversation = new Conversation(tools);
  for (const [index, message] of messages.entries()) {
    const place = { path: `messages[${index}].content`, isAsked: index === asked, ignored };
    conversation.add(message, `messages[${index}]`, place);
  }
  return conversation.messages;
}

/** A user's message with results of tools is no turn of the user. */
function turnOf({ role, content }: WireMessage): string {
  return role === 'user' && content.some(({ type }) => type === 'tool_result') ? 'tool' : role;
}

interface AnswerParts {
  readonly thinking: string[];
  readonly calls: ToolCall[];
  /** The other blocks, with their index in the message. */
  readonly rest: (readonly [number, Block])[];
}

const newAnswer = (): AnswerParts => ({ thinking: [], calls: [], rest: [] });

const isEmpty = ({ thinking, calls, rest }: AnswerParts) =>
  thinking.length + calls.length + rest.length === 0;

class Conversation {
  readonly messages: Message[] = [];
  readonly #tools: DeclaredTools;
  /** Tool names by call ID. */
  readonly #names = new CallNames();
  readonly #nested = new NestedJson();

  constructor(tools: DeclaredTools) {
    this.#tools = tools;
  }

  add({ role, content }: WireMessage, path: string, place: ContentPlace): void {
    if (role === 'assistant') this.#addAnswer(content, { ...place, isAnswer: true });
    else if (role === 'user') this.#addTurn('user', content, place);
    else if (role === 'system') this.#addTurn('system', systemBlocks(content), place);
    else {
      const remedy = 'use "user", "assistant" or "system"';
      throw new OllamaError('invalid-request', `${path}: role "${role}" is not supported: ${remedy}`);
    }
  }

  /** Tool results become separate messages, placed before the rest of the user's message. */
  #addTurn(role: 'user' | 'system', blocks: readonly Block[], place: ContentPlace): void {
    const indexed = blocks.map((block, index) => [index, block] as const);
    for (const [index, block] of indexed) {
      if (block.type === 'tool_result')
        this.#addResult(block, block.content, `${place.path}[${index}].content`, place);
    }
    const rest = indexed.filter(([, { type }]) => type !== 'tool_result');
    if (rest.length === 0 && (blocks.length > 0 || role === 'system')) return;
    const parts = new PlainParts(place);
    addBlocks(parts, rest, this.#tools);
    const plain = parts.end();
    this.messages.push({ role, content: plain.content, ...imageFields(plain) });
  }

  /** What servers executed within an answer becomes calls and results: the answer continues behind them. */
  #addAnswer(blocks: readonly Block[], place: ContentPlace): void {
    let answer = newAnswer();
    for (const [index, block] of blocks.entries()) {
      if (block.type.endsWith('_tool_result')) {
        if (!isEmpty(answer)) this.#endAnswer(answer, place);
        answer = newAnswer();
        this.#addServerResult(block.foreign ?? {}, `${place.path}[${index}].content`, place);
      } else this.#collect(answer, block, index);
    }
    if (!isEmpty(answer) || blocks.length === 0) this.#endAnswer(answer, place);
  }

  #collect({ thinking, calls, rest }: AnswerParts, block: Block, index: number): void {
    if (block.type === 'thinking') thinking.push(block.thinking ?? '');
    else if (block.type.endsWith('tool_use')) calls.push(this.#call(block, calls.length));
    else rest.push([index, block]);
  }

  #endAnswer({ thinking, calls, rest }: AnswerParts, place: ContentPlace): void {
    const parts = new PlainParts(place);
    addBlocks(parts, rest, this.#tools);
    const plain = parts.end();
    this.messages.push({
      role: 'assistant',
      content: plain.content,
      ...imageFields(plain),
      ...(thinking.length > 0 && { thinking: thinking.join('\n') }),
      ...(calls.length > 0 && { tool_calls: calls }),
    });
  }

  #call(block: Block, index: number): ToolCall {
    const { id, name, input }: JsonObject = block.type === 'tool_use' ? block : (block.foreign ?? {});
    const callId = typeof id === 'string' ? id : '';
    const called = typeof name === 'string' ? name : '';
    this.#names.note(callId, called);
    this.#tools.called(called);
    return { id: callId, function: { index, name: called, arguments: parsedArguments(input, this.#nested) } };
  }

  #addServerResult(
    { tool_use_id: id, content, is_error: isError }: JsonObject,
    path: string,
    place: ContentPlace,
  ): void {
    const result = { ...(typeof id === 'string' && { tool_use_id: id }), is_error: isError === true };
    this.#addResult(result, typeof content === 'string' ? content : blocksOf(content), path, place);
  }

  #addResult(
    { tool_use_id: id = '', is_error: isError }: Pick<Block, 'tool_use_id' | 'is_error'>,
    content: string | readonly InnerBlock[] | undefined,
    path: string,
    { ignored }: ContentPlace,
  ): void {
    const place = { path, isAsked: false, ignored };
    const plain = plainBlocks(content, place, this.#tools);
    const name = this.#names.of(id);
    this.messages.push({
      role: 'tool',
      content: isError ? `Error: ${plain.content}` : plain.content,
      tool_call_id: id,
      ...(name !== undefined && { tool_name: name }),
      ...imageFields(plain),
    });
  }
}

import type { Message } from '../../../api/common.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { callFields } from '../shared/argument-text.ts';
import { ImageTags } from '../shared/image-tags.ts';
import { trimSpace } from '../shared/white-space.ts';
import { type BraceStyle, bracePairs, braceValue } from './brace-value.ts';
import { SchemaProperties } from './schema-properties.ts';
import { toolDeclaration } from './tool-declaration.ts';

const style: BraceStyle = { quote: '<|"|>' };
const schemas = new SchemaProperties(style);

/**
 * Source of the format: the chat templates of google/gemma-4-E2B-it and google/gemma-4-31B-it.
 * `closesThinking`: prompts of the large models contain an empty thought if thinking is off.
 */
export const gemma4Renderer = (closesThinking: boolean): Renderer => ({
  render: (input) => {
    const hasSystem = input.messages[0]?.role === 'system' || input.messages[0]?.role === 'developer';
    const system = hasSystem ? input.messages[0]?.content : undefined;
    const thinks = input.think !== undefined && input.think !== false;
    const turns = new Turns(hasSystem ? input.messages.slice(1) : input.messages);
    return `<bos>${systemTurn(system, input.tools, thinks)}${turns.write()}${generation(turns.end, thinks, closesThinking)}`;
  },
});

function systemTurn(content: string | undefined, tools: RenderInput['tools'], thinks: boolean): string {
  if (content === undefined && tools.length === 0 && !thinks) return '';
  const declarations = tools.map((tool) => {
    const declaration = toolDeclaration(tool, style, (properties) => schemas.write(properties));
    return `<|tool>${declaration}<tool|>`;
  });
  const thinking = thinks ? '<|think|>\n' : '';
  return `<|turn>system\n${thinking}${trimSpace(content ?? '')}${declarations.join('')}<turn|>\n`;
}

function generation(end: Turns['end'], thinks: boolean, closesThinking: boolean): string {
  if (end === 'call') return '';
  if (end === 'response') return thinks ? '<|channel>thought\n' : '';
  return `<|turn>model\n${closesThinking && !thinks ? '<|channel>thought\n<channel|>' : ''}`;
}

/** The conversation after its system message. Results of tools are part of the turn of the call. */
class Turns {
  readonly #messages: readonly Message[];
  readonly #lastUser: number;
  readonly #images = new ImageTags();
  readonly #pieces: string[] = [];
  /** The end of the last turn. */
  end: 'content' | 'call' | 'response' = 'content';

  constructor(messages: readonly Message[]) {
    this.#messages = messages;
    this.#lastUser = messages.findLastIndex(({ role }) => role === 'user');
  }

  write(): string {
    let previousRole = '';
    for (const [index, message] of this.#messages.entries()) {
      if (message.role === 'tool') continue;
      const continues = message.role === 'assistant' && previousRole === 'assistant';
      if (!continues) this.#pieces.push(`<|turn>${message.role === 'assistant' ? 'model' : message.role}\n`);
      this.#writeMessage(message, index);
      previousRole = message.role;
    }
    return this.#pieces.join('');
  }

  #writeMessage(message: Message, index: number): void {
    const { role, tool_calls: calls = [], thinking } = message;
    if (role === 'assistant' && thinking && index > this.#lastUser) {
      this.#pieces.push(`<|channel>thought\n${thinking}\n<channel|>`);
    }
    for (const { function: call } of calls) {
      this.#pieces.push(
        `<|tool_call>call:${call.name}{${bracePairs(callFields(call.arguments), style)}}<tool_call|>`,
      );
    }
    let next = index + 1;
    while (this.#messages[next]?.role === 'tool') next++;
    const results = calls.length > 0 ? this.#messages.slice(index + 1, next) : [];
    for (const result of results) this.#writeResult(result, message);
    const hasContent = this.#writeContent(message);
    this.end = results.length > 0 ? 'response' : calls.length > 0 ? 'call' : 'content';
    this.#pieces.push(this.#ending(role, hasContent, this.#messages[next]));
  }

  #ending(role: string, hasContent: boolean, next: Message | undefined): string {
    if (this.end === 'call') return '<|tool_response>';
    if (role === 'assistant' && next?.role === 'assistant') return '';
    return this.end === 'content' || hasContent || next ? '<turn|>\n' : '';
  }

  #writeResult(result: Message, { tool_calls: calls = [] }: Message): void {
    const called = result.tool_call_id && calls.find(({ id }) => id === result.tool_call_id);
    const name = called ? called.function.name : result.tool_name || 'unknown';
    const value = braceValue(this.#images.write(result.content, result.images), style);
    this.#pieces.push(`<|tool_response>response:${name}{value:${value}}<tool_response|>`);
  }

  /** @returns whether there was any content */
  #writeContent({ role, content, images = [] }: Message): boolean {
    const text = role === 'assistant' ? withoutThoughts(content) : trimSpace(content);
    this.#pieces.push(this.#images.write(text, images));
    return text !== '' || images.length > 0;
  }
}

/** Removes thoughts that a client left in the text; an unclosed thought extends to the end. */
function withoutThoughts(content: string): string {
  const kept: string[] = [];
  let position = 0;
  while (position < content.length) {
    const start = content.indexOf('<|channel>', position);
    kept.push(content.slice(position, start < 0 ? undefined : start));
    const end = start < 0 ? -1 : content.indexOf('<channel|>', start);
    position = end < 0 ? content.length : end + '<channel|>'.length;
  }
  return trimSpace(kept.join(''));
}

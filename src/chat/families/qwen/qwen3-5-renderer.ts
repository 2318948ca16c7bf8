import type { Message, Tool } from '../../../api/common.ts';
import type { Think } from '../../../api/think.ts';
import type { Renderer, RenderInput } from '../family.ts';
import { callFields, printedArgument } from '../shared/argument-text.ts';
import { ImageTags } from '../shared/image-tags.ts';
import { jsonText } from '../shared/json-text.ts';
import { toolFields } from '../shared/tool-fields.ts';
import { trimSpace } from '../shared/white-space.ts';
import { lastQueryIndex, TAGGED_CALLS, TURN_END, TURN_START, toolResponse, turn } from './chat-markup.ts';

/** The differences between the models of this series. */
export interface Qwen35Variant {
  /** Whether every assistant turn keeps its thinking, not only those after the last query. */
  readonly keepsThinking?: boolean;
  /** Whether to look for thinking between tags in the content if a message has no separate thinking. */
  readonly findsThinking?: boolean;
  /** Converts the messages before rendering; throws for a conversation that the format cannot express. */
  readonly prepare?: (messages: readonly Message[]) => readonly Message[];
  /** The text about the thinking effort at the start of the system turn. */
  readonly effort?: (think: Think | undefined) => string;
  /** Whether roles other than system, user, assistant and tool get turns. */
  readonly takesAnyRole?: boolean;
  /** Whether to leave out a system turn that contains only white space. */
  readonly skipsBlankSystem?: boolean;
}

/** Prompts of Qwen3.5 and its derived models, as in the chat templates of their model cards. */
export function qwen35Renderer(variant: Qwen35Variant): Renderer {
  return { render: (input) => new Conversation(variant, input).write() };
}

class Conversation {
  readonly #variant: Qwen35Variant;
  readonly #messages: readonly Message[];
  readonly #tools: readonly Tool[];
  readonly #think: Think | undefined;
  readonly #lastQuery: number;

  constructor(variant: Qwen35Variant, { messages, tools, think }: RenderInput) {
    this.#variant = variant;
    this.#messages = variant.prepare?.(messages) ?? messages;
    this.#tools = tools;
    this.#think = think;
    this.#lastQuery = lastQueryIndex(this.#messages, this.#messages.map(contentAlone));
  }

  write(): string {
    const images = new ImageTags();
    const turns = this.#messages.map((message, index) =>
      this.#turn(message, index, trimSpace(images.write(message.content, message.images))),
    );
    const last = this.#messages.at(-1);
    const begun = !last || last.role === 'assistant';
    const thinking = this.#isThinking ? '<think>\n' : '<think>\n\n</think>\n\n';
    return this.#systemTurn() + turns.join('') + (begun ? '' : `${TURN_START}assistant\n${thinking}`);
  }

  get #isThinking(): boolean {
    return this.#think !== false;
  }

  #systemTurn(): string {
    const [first] = this.#messages;
    const isSystem = first?.role === 'system';
    const content = isSystem ? contentAlone(first) : '';
    const effort = this.#variant.effort?.(this.#think) ?? '';
    if (this.#tools.length > 0) {
      const list = this.#tools.map((tool) => `\n${jsonText(toolFields(tool), 'spaced')}`).join('');
      const functions = `# Tools\n\nYou have access to the following functions:\n\n<tools>${list}\n</tools>${TAGGED_CALLS}`;
      return turn('system', joined([effort, functions, content]));
    }
    const isWritten = (isSystem && !this.#variant.skipsBlankSystem) || content !== '' || effort !== '';
    return isWritten ? turn('system', joined([effort, content])) : '';
  }

  #turn(message: Message, index: number, content: string): string {
    const { role } = message;
    if (role === 'assistant') return this.#assistantTurn(message, index, content);
    if (role === 'tool') return toolResponse(content, index, this.#messages);
    if (role === 'system' && index === 0) return '';
    const isKnown = role === 'user' || role === 'system';
    return isKnown || this.#variant.takesAnyRole ? turn(role, content) : '';
  }

  #assistantTurn(message: Message, index: number, content: string): string {
    const hasThinking = this.#variant.keepsThinking || (this.#isThinking && index > this.#lastQuery);
    const { thinking, answer } = this.#split(message, content, Boolean(hasThinking));
    const block = hasThinking ? `<think>\n${thinking}\n</think>\n\n` : '';
    const calls = (message.tool_calls ?? []).map(writtenCall).join('\n');
    const separator = calls !== '' && trimSpace(answer) !== '' ? '\n\n' : '';
    const end = index === this.#messages.length - 1 ? '' : TURN_END;
    return `${TURN_START}assistant\n${block}${answer}${separator}${calls}${end}`;
  }

  #split(message: Message, content: string, isWritten: boolean): { thinking: string; answer: string } {
    if (isWritten && message.thinking) return { thinking: trimSpace(message.thinking), answer: content };
    const end = this.#variant.findsThinking ? content.indexOf(THINKING_END) : -1;
    if (end < 0) return { thinking: '', answer: content };
    const before = content.slice(0, end);
    const start = before.lastIndexOf(THINKING_START);
    const thinking = start < 0 ? before : before.slice(start + THINKING_START.length);
    const answer = content.slice(end + THINKING_END.length).replace(/^\n+/, '');
    return { thinking: trimSpace(thinking), answer };
  }
}

const THINKING_START = '<think>';
const THINKING_END = '</think>';

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The content of a message, rendered as if it were the only message. */
export function contentAlone({ content, images }: Message): string {
  return trimSpace(new ImageTags().write(content, images));
}

type Call = NonNullable<Message['tool_calls']>[number];

function writtenCall({ function: { name, arguments: values } }: Call): string {
  const parameters = Object.entries(callFields(values)).map(
    ([key, value]) => `<parameter=${key}>\n${printedArgument(value)}\n</parameter>\n`,
  );
  return `<tool_call>\n<function=${name}>\n${parameters.join('')}</function>\n</tool_call>`;
}

import type { Message } from '../../api/common.ts';

export type ToolCalls = NonNullable<Message['tool_calls']>;

/** A piece of a model's reply. */
export interface AnswerPiece {
  readonly thinking?: string | undefined;
  readonly content?: string | undefined;
  readonly toolCalls?: Readonly<ToolCalls> | undefined;
}

export interface AnswerStyle {
  readonly hideThinking: boolean;
  /** Whether control characters are removed, because they could control the terminal. */
  readonly isTerminal: boolean;
  /** Whether text that is not the answer is grey. */
  readonly hasColours: boolean;
}

const GREY = '\u001b[90m';
const PLAIN = '\u001b[0m';

/** Characters that are removed before a terminal gets them: control characters other than tab and line feed. */
const controlCharacters = /(?![\t\n])\p{Cc}/gu;

/** Turns the pieces of one reply into text that separates the thinking from the answer. */
export class AnswerText {
  readonly #style: AnswerStyle;
  #isThinking = false;
  #endsInLineBreak = false;
  #hasCalled = false;

  constructor(style: AnswerStyle) {
    this.#style = style;
  }

  next({ thinking = '', content = '', toolCalls = [] }: AnswerPiece): string {
    const answer = this.#clean(content);
    const thought = this.#style.hideThinking ? '' : this.#think(this.#clean(thinking));
    if (answer === '' && toolCalls.length === 0) return thought;
    return thought + this.#endThinking() + answer + this.#calls(toolCalls);
  }

  /** Call this when the reply has ended or was stopped. */
  end(): string {
    return this.#isThinking ? this.#colour(PLAIN) : '';
  }

  #think(text: string): string {
    if (text === '') return '';
    const opening = this.#isThinking ? '' : `${this.#colour(GREY)}Thinking...\n`;
    this.#isThinking = true;
    this.#endsInLineBreak = text.endsWith('\n');
    return opening + text;
  }

  #endThinking(): string {
    if (!this.#isThinking) return '';
    this.#isThinking = false;
    return `${this.#endsInLineBreak ? '' : '\n'}...done thinking.\n\n${this.#colour(PLAIN)}`;
  }

  #calls(toolCalls: Readonly<ToolCalls>): string {
    if (toolCalls.length === 0) return '';
    const before = this.#hasCalled ? '\n' : '';
    this.#hasCalled = true;
    const lines = toolCalls.map((call) => this.#clean(callText(call))).join('\n');
    return before + this.#colour(GREY) + lines + this.#colour(PLAIN);
  }

  #colour(code: string): string {
    return this.#style.hasColours ? code : '';
  }

  #clean(text: string): string {
    return this.#style.isTerminal ? text.replace(controlCharacters, '') : text;
  }
}

function callText({ function: called }: ToolCalls[number]): string {
  const callArguments = JSON.stringify(called.arguments);
  return `  Model called a non-existent function '${called.name}()' with arguments: ${callArguments}`;
}

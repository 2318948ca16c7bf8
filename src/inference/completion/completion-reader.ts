import { randomInt } from 'node:crypto';
import type { ToolCall } from '../../api/common.ts';
import type { OutputEvent, OutputParser } from '../../chat/output/output-parser.ts';

/** The parsed content of one piece of a completion. Texts may be "". */
export interface OutputPart {
  readonly content: string;
  readonly thinking: string;
  readonly calls: readonly ToolCall[];
}

export const emptyPart: OutputPart = { content: '', thinking: '', calls: [] };

const idLetters = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 8;

/** Reads a completion piece by piece, and numbers its tool calls. */
export class CompletionReader {
  readonly #parser: OutputParser;
  readonly #maxCalls: number;
  #calls = 0;

  /** @param parallelCalls false = calls after the first are left out */
  constructor(parser: OutputParser, parallelCalls: boolean) {
    this.#parser = parser;
    this.#maxCalls = parallelCalls ? Number.POSITIVE_INFINITY : 1;
  }

  /** @returns undefined while everything is held back */
  push(text: string): OutputPart | undefined {
    return this.#join(this.#parser.push(text));
  }

  /** @param isCut whether the token limit ended the completion */
  end(isCut: boolean): OutputPart | undefined {
    return this.#join(this.#parser.end(isCut));
  }

  #join(events: readonly OutputEvent[]): OutputPart | undefined {
    let content = '';
    let thinking = '';
    const calls: ToolCall[] = [];
    for (const event of events) {
      if (event.type === 'content') content += event.text;
      else if (event.type === 'thinking') thinking += event.text;
      else if (this.#calls < this.#maxCalls) {
        calls.push({ id: newCallId(), function: { index: this.#calls++, ...event.call } });
      }
    }
    return content === '' && thinking === '' && calls.length === 0 ? undefined : { content, thinking, calls };
  }
}

function newCallId(): string {
  return `call_${Array.from({ length: ID_LENGTH }, () => idLetters[randomInt(idLetters.length)]).join('')}`;
}

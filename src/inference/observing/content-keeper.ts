import type { ToolCall } from '../../api/common.ts';
import type { RunContent } from '../../runs/run-content.ts';
import type { OutputPart } from '../completion/completion-reader.ts';

/** Characters of an answer that are kept, and of its thinking. Whoever wants them has limits of a similar size. */
const MAX_CHARACTERS = 64 * 1024;
/** Tool calls of an answer that are kept. */
const MAX_CALLS = 100;

/** Keeps what is said in a run. */
export class ContentKeeper {
  readonly #request: RunContent['request'];
  #text = '';
  #thinking = '';
  readonly #calls: ToolCall[] = [];

  constructor(request: RunContent['request']) {
    this.#request = request;
  }

  keep({ content, thinking, calls }: OutputPart): void {
    this.#text = extended(this.#text, content);
    this.#thinking = extended(this.#thinking, thinking);
    this.#calls.push(...calls.slice(0, MAX_CALLS - this.#calls.length));
  }

  content(): RunContent {
    const message = { role: 'assistant', content: this.#text };
    const thinking = this.#thinking === '' ? {} : { thinking: this.#thinking };
    const calls = this.#calls.length === 0 ? {} : { tool_calls: this.#calls };
    return { request: this.#request, answer: { ...message, ...thinking, ...calls } };
  }
}

function extended(text: string, piece: string): string {
  return text.length >= MAX_CHARACTERS ? text : (text + piece).slice(0, MAX_CHARACTERS);
}

import type { CompletionLogprob } from '../../runner/protocol.ts';
import { StopScanner } from './stop-scanner.ts';
import { Utf8Holder } from './utf8-holder.ts';

export interface TextPiece {
  readonly text: string;
  readonly logprobs?: readonly CompletionLogprob[];
}

/** Turns a completion's tokens into text that may be shown: whole characters, and nothing of a stop string. */
export class CompletionText {
  readonly #holder = new Utf8Holder();
  readonly #scanner: StopScanner;
  #logprobs: CompletionLogprob[] = [];

  constructor(stops: readonly string[]) {
    this.#scanner = new StopScanner(stops);
  }

  /** @returns what may be shown now (if anything) and whether a stop string ended the completion */
  push(bytes: Uint8Array, logprob?: CompletionLogprob): { piece: TextPiece | undefined; stopped: boolean } {
    if (logprob) this.#logprobs.push(logprob);
    const { text, stopped } = this.#scanner.push(this.#holder.push(bytes));
    return { piece: this.#take(text), stopped };
  }

  /** The text held back, once the completion has ended without a stop string. */
  flush(): TextPiece | undefined {
    const { text, stopped } = this.#scanner.push(this.#holder.flush());
    return this.#take(stopped ? text : text + this.#scanner.flush());
  }

  /** Log probabilities travel with the next text that is shown. */
  #take(text: string): TextPiece | undefined {
    if (text === '') return undefined;
    if (this.#logprobs.length === 0) return { text };
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    return { text, logprobs };
  }
}

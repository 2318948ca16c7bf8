import { OllamaError } from '../../base/errors.ts';
import type { TokenizeOptions } from '../../protocol/frames.ts';

/** Two of libuv's four threads. The third computes prompts, and a text of many megabytes does not keep out another. */
const MAX_AT_ONCE = 2;

/** The part of the tokenizer that works on another thread. */
export interface ApartTokenizer {
  tokenizeApart(text: string, addSpecial: boolean, parseSpecial: boolean): Promise<number[]>;
}

interface WaitingText {
  readonly id: number;
  readonly start: () => void;
  readonly drop: () => void;
}

/** Tokenizes long texts on other threads, in order, while the batch loop goes on. */
export class TokenizeQueue {
  readonly #tokenizer: ApartTokenizer;
  #waiting: WaitingText[] = [];
  #running = 0;

  constructor(tokenizer: ApartTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** @throws as `apart` */
  tokenize(id: number, text: string, { addSpecial, parseSpecial }: TokenizeOptions): Promise<number[]> {
    return this.apart(id, () => this.#tokenizer.tokenizeApart(text, addSpecial, parseSpecial));
  }

  /**
   * Runs other work with the vocabulary on another thread, in the same order.
   * @throws OllamaError `canceled` after `cancel`, and the errors of the work
   */
  async apart<T>(id: number, work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_AT_ONCE) {
      await new Promise<void>((resolve, reject) => {
        const drop = () => reject(new OllamaError('canceled', 'request canceled'));
        this.#waiting.push({ id, start: resolve, drop });
      });
    } else this.#running++;
    try {
      return await work();
    } finally {
      // The next text takes over the place of this one.
      const next = this.#waiting.shift();
      if (next) next.start();
      else this.#running--;
    }
  }

  /** Drops a text that has not begun. One that has begun cannot be interrupted; it occupies only its own thread. */
  cancel(id: number): void {
    const dropped = this.#waiting.filter((waiting) => waiting.id === id);
    this.#waiting = this.#waiting.filter((waiting) => waiting.id !== id);
    for (const { drop } of dropped) drop();
  }
}

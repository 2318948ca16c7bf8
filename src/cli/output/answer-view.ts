import type { Metrics } from '../../api/common.ts';
import { type AnswerPiece, AnswerText } from './answer-text.ts';
import { timingSummary } from './timing-summary.ts';
import { WaitSpinner } from './wait-spinner.ts';
import { WordWrap } from './word-wrap.ts';

export interface AnswerViewOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly wordWrap: boolean;
  readonly hideThinking: boolean;
}

/** Shows one reply as it streams in. Escapes and wrapping are for terminals: a pipe gets the model's text as it is. */
export class AnswerView {
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  readonly #text: AnswerText;
  readonly #wrap: WordWrap | undefined;
  readonly #spinner: WaitSpinner;

  constructor({ stdout, stderr, wordWrap, hideThinking }: AnswerViewOptions) {
    const isTerminal = stdout.isTTY === true;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#text = new AnswerText({ hideThinking, isTerminal });
    this.#wrap = wordWrap && isTerminal ? WordWrap.forTerminal(stdout.columns) : undefined;
    this.#spinner = new WaitSpinner(stderr);
  }

  /** Shows that the reply is being waited for, until its first text. */
  wait(): void {
    this.#spinner.start();
  }

  add(piece: AnswerPiece): void {
    const text = this.#text.next(piece);
    if (text === '') return;
    this.#spinner.stop();
    this.#stdout.write(this.#wrap?.push(text) ?? text);
  }

  /** @param ending what follows the reply, also one that was stopped */
  end(ending = ''): void {
    this.#spinner.stop();
    const text = this.#text.end() + ending;
    if (text !== '') this.#stdout.write(text);
  }

  summarize(metrics: Metrics): void {
    this.#stderr.write(timingSummary(metrics));
  }
}

import type { Metrics } from '../../api/common.ts';
import type { Environment } from '../../config/environment.ts';
import { type AnswerPiece, AnswerText } from './answer-text.ts';
import { terminalTraits } from './terminal-traits.ts';
import { timingSummary } from './timing-summary.ts';
import { WordWrap } from './word-wrap.ts';

const DEFAULT_COLUMNS = 80;

export interface AnswerViewOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: Environment;
  readonly wordWrap: boolean;
  readonly hideThinking: boolean;
  /** Shown until the reply's first text arrives. */
  readonly wait?: { start(): void; stop(): void };
}

/** Shows one reply as it streams in. Only a terminal gets escapes and wrapping; a pipe gets the model's text unchanged. */
export class AnswerView {
  readonly #stdout: NodeJS.WriteStream;
  readonly #stderr: NodeJS.WriteStream;
  readonly #text: AnswerText;
  readonly #wrap: WordWrap | undefined;
  readonly #wait: AnswerViewOptions['wait'];

  constructor({ stdout, stderr, environment, wordWrap, hideThinking, wait }: AnswerViewOptions) {
    const { isTerminal, canErase, hasColours } = terminalTraits(stdout, environment);
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#text = new AnswerText({ hideThinking, isTerminal, hasColours });
    this.#wrap = wordWrap && canErase ? new WordWrap(() => stdout.columns || DEFAULT_COLUMNS) : undefined;
    this.#wait = wait;
  }

  /** Shows that the program is waiting, until the reply's first text arrives. */
  wait(): void {
    this.#wait?.start();
  }

  add(piece: AnswerPiece): void {
    const text = this.#text.next(piece);
    if (text === '') return;
    this.#wait?.stop();
    this.#stdout.write(this.#wrap?.push(text) ?? text);
  }

  /** @param ending text to write after the reply, even if it was stopped */
  end(ending = ''): void {
    this.#wait?.stop();
    const text = this.#text.end() + ending;
    if (text !== '') this.#stdout.write(text);
  }

  summarize(metrics: Metrics): void {
    this.#stderr.write(timingSummary(metrics));
  }
}

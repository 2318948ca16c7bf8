import { createInterface, type Interface, type Key } from 'node:readline';
import { HISTORY_LENGTH } from './history-file.ts';
import { Placeholder } from './placeholder.ts';

export const MAIN_PROMPT = '>>> ';
export const CONTINUATION_PROMPT = '... ';

const PASTE_MODE_ON = '\u001b[?2004h';
const PASTE_MODE_OFF = '\u001b[?2004l';
const TAB_COLUMNS = 8;

export type PromptInput =
  /** Without its line break; pasted lines come as one text with line breaks. */
  | { readonly type: 'line'; readonly text: string }
  /** Ctrl-C; the line that was being typed is gone. */
  | { readonly type: 'interrupt'; readonly isLineEmpty: boolean }
  /** Ctrl-D, or the terminal went away. */
  | { readonly type: 'end' };

export interface LineReaderOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Oldest first. */
  readonly history: readonly string[];
  /** Called with all lines, oldest first, when there is a new one. */
  readonly onHistory: (lines: readonly string[]) => void;
}

/** Reads lines from a terminal, with editing and history. */
export class LineReader {
  /** Whether new lines go into the history. */
  keepsHistory = true;
  readonly #stdin: NodeJS.ReadStream;
  readonly #stdout: NodeJS.WriteStream;
  readonly #interface: Interface;
  readonly #placeholder: Placeholder;
  readonly #inputs: PromptInput[] = [];
  readonly #onHistory: LineReaderOptions['onHistory'];
  #wake: (() => void) | undefined;
  #isPasting = false;
  #pastedLines: string[] = [];

  constructor({ stdin, stdout, history, onHistory }: LineReaderOptions) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#onHistory = onHistory;
    this.#placeholder = new Placeholder(stdout);
    // Before the interface, which listens too: what it echoes must find the line clean.
    stdin.on('keypress', this.#onKey);
    this.#interface = createInterface({
      input: stdin,
      output: stdout,
      terminal: true,
      history: [...history].reverse(),
      historySize: HISTORY_LENGTH,
      tabSize: TAB_COLUMNS,
    });
    this.#interface.on('line', (line) => this.#onLine(line));
    this.#interface.on('SIGINT', () => this.#onInterrupt());
    this.#interface.on('close', () => this.#put({ type: 'end' }));
    this.#interface.on('history', (lines: string[]) => this.#onHistoryChange(lines));
  }

  /** Shows the prompt and waits for the next input. Ctrl-C is an input until `suspend`. */
  async read(prompt: string): Promise<PromptInput> {
    if (this.#inputs.length === 0) {
      this.#stdin.setRawMode(true);
      this.#stdout.write(PASTE_MODE_ON);
      this.#showPrompt(prompt);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#inputs.shift() ?? { type: 'end' };
  }

  /** Gives the terminal back until the next `read`: Ctrl-C is a signal again. */
  suspend(): void {
    this.#interface.pause();
    this.#stdin.setRawMode(false);
    this.#stdout.write(PASTE_MODE_OFF);
  }

  close(): void {
    this.suspend();
    this.#stdin.off('keypress', this.#onKey);
    this.#interface.close();
  }

  #put(input: PromptInput): void {
    this.#inputs.push(input);
    this.#wake?.();
    this.#wake = undefined;
  }

  #showPrompt(prompt: string): void {
    this.#interface.setPrompt(prompt);
    this.#interface.prompt(true);
    if (prompt === MAIN_PROMPT && this.#interface.line === '') this.#placeholder.show(prompt.length);
  }

  #onLine(line: string): void {
    if (this.#isPasting) {
      this.#pastedLines.push(line);
      this.#showPrompt(CONTINUATION_PROMPT);
      return;
    }
    const lines = this.#pastedLines;
    this.#pastedLines = [];
    // The Enter after a paste that ended in a line break adds no line.
    const text = lines.length > 0 && line === '' ? lines.join('\n') : [...lines, line].join('\n');
    this.#put({ type: 'line', text });
  }

  #onInterrupt(): void {
    const isLineEmpty = this.#interface.line === '' && this.#pastedLines.length === 0;
    this.#pastedLines = [];
    this.#interface.write(null, { ctrl: true, name: 'e' });
    this.#interface.write(null, { ctrl: true, name: 'u' });
    this.#put({ type: 'interrupt', isLineEmpty });
  }

  /** @param lines newest first; the interface's own, so that taking one out makes it forget */
  #onHistoryChange(lines: string[]): void {
    if (this.keepsHistory) this.#onHistory([...lines].reverse());
    else lines.shift();
  }

  readonly #onKey = (_text: string | undefined, key: Key): void => {
    this.#placeholder.hide();
    if (key.name === 'paste-start') this.#isPasting = true;
    if (key.name === 'paste-end') this.#isPasting = false;
  };
}

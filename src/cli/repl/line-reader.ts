import { messageOf } from '../../base/errors.ts';
import {
  type EditorEffect,
  type EditorState,
  emptyEditor,
  nextLine,
  replaceText,
} from '../editor/editor-state.ts';
import { withEntry } from '../editor/history.ts';
import type { KeyEvent } from '../editor/key-event.ts';
import { KeyInput } from '../editor/key-input.ts';
import { layout } from '../editor/layout.ts';
import { editingPage, submittedPage } from '../editor/prompt-page.ts';
import { type IsComplete, reduce } from '../editor/reducer.ts';
import { Screen } from '../editor/screen.ts';
import { TerminalMode } from '../editor/terminal-mode.ts';
import { HISTORY_LENGTH } from './history-file.ts';

/** Keys that are kept while no line is being read: more than anyone types during an answer. */
const MAX_TYPE_AHEAD = 10_000;
/** Delay after a resize. Dragging a window changes its width many times, and text written meanwhile would have a wrong width. */
const RESIZE_MS = 50;

export type LineInput =
  /** A line without the line break at its end. */
  | { readonly type: 'line'; readonly text: string }
  /** Ctrl-C; the text being typed is discarded. */
  | { readonly type: 'interrupt'; readonly isLineEmpty: boolean }
  /** Ctrl-D, or the terminal was closed. */
  | { readonly type: 'end' };

export interface LineReaderOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Oldest first. */
  readonly history: readonly string[];
  /** Called with all lines, oldest first, when there is a new one. */
  readonly onHistory: (lines: readonly string[]) => void;
  /** Lets the user edit a text in another program, which gets the terminal meanwhile. */
  readonly editExternally: (text: string) => Promise<string>;
}

interface Reading {
  readonly isComplete: IsComplete;
  readonly resolve: (input: LineInput) => void;
}

/**
 * Reads lines from a terminal, with editing and history. Keys typed between two reads wait for the next read, except
 * Ctrl-C, which is then a signal, and Ctrl-Z.
 */
export class LineReader {
  /** Whether new lines go into the history. */
  keepsHistory = true;
  readonly #options: LineReaderOptions;
  readonly #mode: TerminalMode;
  readonly #input: KeyInput;
  readonly #screen = new Screen();
  #state: EditorState;
  /** Keys that have not been processed yet. */
  #keys: KeyEvent[] = [];
  #reading: Reading | undefined;
  #resizeTimer: NodeJS.Timeout | undefined;
  #hasEnded = false;
  /** Whether another program has the terminal. */
  #isAway = false;

  constructor(options: LineReaderOptions) {
    const { stdin, stdout, history } = options;
    this.#options = options;
    this.#state = emptyEditor(history);
    this.#mode = new TerminalMode({ stdin, stdout, onContinue: () => this.#comeBack() });
    this.#input = new KeyInput(stdin, { onKeys: (keys) => this.#take(keys), onEnd: () => this.#end() });
    stdout.on('resize', this.#onResize);
  }

  /** Shows the prompt and waits for input. @param isComplete whether Enter sends a text; otherwise it begins a new line */
  read(isComplete: IsComplete): Promise<LineInput> {
    return new Promise((resolve) => {
      this.#reading = { isComplete, resolve };
      this.#work();
    });
  }

  close(): void {
    clearTimeout(this.#resizeTimer);
    this.#mode.close();
    this.#input.close();
    this.#options.stdout.off('resize', this.#onResize);
  }

  #take(keys: readonly KeyEvent[]): void {
    for (const key of keys) {
      if (this.#reading) this.#keys.push(key);
      else if (isKey(key, 'C-c')) process.emit('SIGINT', 'SIGINT');
      else if (isKey(key, 'C-z')) this.#mode.stop();
      else if (this.#keys.length < MAX_TYPE_AHEAD) this.#keys.push(key);
    }
    this.#work();
  }

  /** Processes the pending keys, then draws the result. */
  #work(): void {
    const keys = this.#keys;
    let count = 0;
    while (this.#reading && !this.#isAway && count < keys.length) {
      const key = keys[count++];
      if (key) this.#apply(key, this.#reading);
    }
    this.#keys = keys.slice(count);
    if (!this.#reading || this.#isAway) return;
    if (this.#hasEnded) this.#carryOut({ type: 'end' });
    else this.#draw(this.#reading);
  }

  #apply(key: KeyEvent, { isComplete }: Reading): void {
    const before = this.#state;
    const { state, effect } = reduce(before, key, isComplete);
    this.#state = state;
    if (effect?.type === 'submit') this.#leaveText(before, '\r\n');
    if (effect) this.#carryOut(effect);
  }

  #carryOut(effect: EditorEffect): void {
    switch (effect.type) {
      case 'submit':
        this.#remember(effect.text);
        this.#finish({ type: 'line', text: effect.text });
        break;
      case 'interrupt':
        if (effect.isLineEmpty) this.#leaveText(this.#state);
        else this.#write(this.#screen.erase());
        this.#finish(effect);
        break;
      case 'end':
        this.#leaveText(this.#state);
        this.#finish({ type: 'end' });
        break;
      case 'clear-screen':
        this.#write(this.#screen.eraseAll());
        break;
      case 'suspend':
        this.#leaveText(this.#state, '\r\n');
        this.#mode.stop();
        break;
      case 'edit-externally':
        void this.#editExternally();
        break;
      case 'bell':
        this.#write('\u0007');
    }
  }

  #finish(input: LineInput): void {
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.resolve(input);
  }

  #remember(text: string): void {
    const { history } = this.#state;
    const next = this.keepsHistory ? withEntry(history, text, HISTORY_LENGTH) : history;
    if (next === history) return;
    this.#state = nextLine({ ...this.#state, history: next });
    this.#options.onHistory(next);
  }

  #draw({ isComplete }: Reading): void {
    this.#write(this.#screen.draw(layout(editingPage(this.#state, this.#size, isComplete))));
  }

  /** Leaves a text on the screen as it was typed, with the cursor after it. */
  #leaveText(state: EditorState, end = ''): void {
    this.#write(this.#screen.draw(layout(submittedPage(state, this.#size))) + end);
    this.#screen.leave();
  }

  /** Draws the prompt again, below whatever the shell has written meanwhile. */
  #comeBack(): void {
    if (!this.#reading) return;
    this.#screen.leave();
    this.#draw(this.#reading);
  }

  async #editExternally(): Promise<void> {
    const ignore = () => undefined;
    this.#isAway = true;
    this.#write(this.#screen.erase());
    this.#mode.leave();
    this.#input.pause();
    // Ctrl-C is meant for the other program.
    process.on('SIGINT', ignore);
    try {
      this.#state = replaceText(this.#state, await this.#options.editExternally(this.#state.text));
    } catch (error) {
      this.#write(`${messageOf(error)}\n`);
    } finally {
      process.off('SIGINT', ignore);
    }
    this.#isAway = false;
    this.#mode.enter();
    this.#input.resume();
    this.#work();
  }

  get #size() {
    return { columns: this.#options.stdout.columns, rows: this.#options.stdout.rows };
  }

  #write(text: string): void {
    this.#options.stdout.write(text);
  }

  #end(): void {
    this.#hasEnded = true;
    this.#work();
  }

  readonly #onResize = (): void => {
    clearTimeout(this.#resizeTimer);
    this.#resizeTimer = setTimeout(() => this.#work(), RESIZE_MS);
  };
}

function isKey(key: KeyEvent, name: string): boolean {
  return key.type === 'key' && key.name === name;
}

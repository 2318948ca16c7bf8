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

/** Keys kept while nobody reads: more than anyone types during an answer. */
const MAX_TYPE_AHEAD = 10_000;
/** A window that is drawn larger changes many times: what is written meanwhile would meet yet another width. */
const RESIZE_MS = 50;

export type LineInput =
  /** Without the line break at its end. */
  | { readonly type: 'line'; readonly text: string }
  /** Ctrl-C; the text that was being typed is gone. */
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
  /** Has the user change a text in a program of their own; the terminal is theirs meanwhile. */
  readonly editExternally: (text: string) => Promise<string>;
}

interface Reading {
  readonly isComplete: IsComplete;
  readonly resolve: (input: LineInput) => void;
}

/**
 * Reads what is typed at a terminal, with editing and history. Keys typed between two reads wait for the second, but
 * for Ctrl-C, which is a signal then, and Ctrl-Z.
 */
export class LineReader {
  /** Whether new lines go into the history. */
  keepsHistory = true;
  readonly #options: LineReaderOptions;
  readonly #mode: TerminalMode;
  readonly #input: KeyInput;
  readonly #screen = new Screen();
  #state: EditorState;
  /** Not yet looked at. */
  #keys: KeyEvent[] = [];
  #reading: Reading | undefined;
  #resizeTimer: NodeJS.Timeout | undefined;
  #hasEnded = false;
  /** Another program has the terminal. */
  #isAway = false;

  constructor(options: LineReaderOptions) {
    const { stdin, stdout, history } = options;
    this.#options = options;
    this.#state = emptyEditor(history);
    this.#mode = new TerminalMode({ stdin, stdout, onContinue: () => this.#comeBack() });
    this.#input = new KeyInput(stdin, { onKeys: (keys) => this.#take(keys), onEnd: () => this.#end() });
    stdout.on('resize', this.#onResize);
  }

  /** Shows the prompt and waits for the next input. @param isComplete whether Enter sends a text or goes on below */
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

  /** Looks at the keys that are there, then shows what came of them. */
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

  /** Leaves a text on the screen as it has been typed, with the cursor behind it. */
  #leaveText(state: EditorState, end = ''): void {
    this.#write(this.#screen.draw(layout(submittedPage(state, this.#size))) + end);
    this.#screen.leave();
  }

  /** Below whatever the shell has written meanwhile. */
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
    // Ctrl-C is the other program's.
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

import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { prerequisite } from '../../fakes/prerequisites.ts';

const execute = promisify(execFile);
const POLL_MS = 50;
const WAIT_MS = 60_000;
const COLUMNS = 80;
const ROWS = 50;

interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

let started = 0;

/** Whether tmux, the terminal emulator of these tests, is installed. */
export async function hasTmux(): Promise<boolean> {
  const isThere = await execute('tmux', ['-V']).then(
    () => true,
    () => false,
  );
  return prerequisite('tmux', isThere);
}

/** A program in a separate terminal. */
export class Terminal implements AsyncDisposable {
  readonly #socket = `ollama-test-${process.pid}-${started++}`;

  /** @param env environment variables of the program */
  static async start(
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    { columns = COLUMNS, rows = ROWS }: Partial<TerminalSize> = {},
  ): Promise<Terminal> {
    const terminal = new Terminal();
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const line = ['env', ...settings, ...command]
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ');
    // The shell outlives the program, so that its exit code and last screen can be read.
    const script = `${line}; printf '[exit code %s]' $?; sleep 600`;
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    await terminal.#tmux('-u', '-f', '/dev/null', 'new-session', '-d', ...size, script);
    return terminal;
  }

  /** Types text literally, then presses Enter. */
  async submit(text: string): Promise<void> {
    await this.type(text);
    await this.press('Enter');
  }

  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', '--', text);
  }

  /** @param key a key in tmux's notation, such as "C-c" or "Up" */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key);
  }

  /** Pastes as a terminal does: in brackets if the program has enabled them. */
  async paste(text: string): Promise<void> {
    const loaded = this.#tmux('load-buffer', '-');
    loaded.child.stdin?.end(text);
    await loaded;
    await this.#tmux('paste-buffer', '-p', '-r');
  }

  /** What the terminal shows now, without what has scrolled away. */
  async screen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p')).stdout.trimEnd();
  }

  /** Resolves when the program can detect the change, because tmux reports it with a delay. */
  async resize({ columns, rows }: TerminalSize): Promise<void> {
    await this.#tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`);
    const { stdout: device } = await this.#tmux('display-message', '-p', '#{pane_tty}');
    const size = () => execute('sh', ['-c', 'stty size <"$1"', '-', device.trim()]);
    while ((await size()).stdout.trim() !== `${rows} ${columns}`) await sleep(POLL_MS);
  }

  /** @returns the position of the cursor, counted from 0 */
  async cursor(): Promise<{ column: number; row: number }> {
    const { stdout } = await this.#tmux('display-message', '-p', '#{cursor_x} #{cursor_y}');
    const [column = Number.NaN, row = Number.NaN] = stdout.split(' ').map(Number);
    return { column, row };
  }

  /** Like `screen`, with the escape sequences of colours. */
  async colouredScreen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p', '-e')).stdout.trimEnd();
  }

  /** Waits until the screen matches. @returns the screen */
  async waitFor(expected: RegExp): Promise<string> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const screen = await this.screen();
      if (expected.test(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`the terminal does not show ${expected} but:\n${screen}`);
      await sleep(POLL_MS);
    }
  }

  async isCursorVisible(): Promise<boolean> {
    return (await this.#tmux('display-message', '-p', '#{cursor_flag}')).stdout.trim() === '1';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server');
  }

  #tmux(...args: string[]) {
    return execute('tmux', ['-L', this.#socket, ...args]);
  }
}

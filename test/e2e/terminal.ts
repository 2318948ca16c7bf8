import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const POLL_MS = 50;
const WAIT_MS = 30_000;
const COLUMNS = 80;
const ROWS = 50;

let started = 0;

/** Whether tmux, the terminal emulator of these tests, is installed. */
export async function hasTmux(): Promise<boolean> {
  return execute('tmux', ['-V']).then(
    () => true,
    () => false,
  );
}

/** A program in a terminal of its own. */
export class Terminal implements AsyncDisposable {
  readonly #socket = `ollama-test-${process.pid}-${started++}`;

  /** @param env set for the program */
  static async start(
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    { columns = COLUMNS, rows = ROWS }: { columns?: number; rows?: number } = {},
  ): Promise<Terminal> {
    const terminal = new Terminal();
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const line = ['env', ...settings, ...command]
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ');
    // The shell outlives the program, so that its exit code and last screen can be read.
    const script = `${line}; printf '[exit code %s]' $?; sleep 600`;
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, script);
    return terminal;
  }

  /** Types text as it is, then presses Enter. */
  async submit(text: string): Promise<void> {
    await this.type(text);
    await this.press('Enter');
  }

  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', '--', text);
  }

  /** @param key in tmux's names: "C-c", "Up" */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key);
  }

  /** As a terminal pastes: in brackets where the program asked for them. */
  async paste(text: string): Promise<void> {
    await this.#tmux('set-buffer', '--', text);
    await this.#tmux('paste-buffer', '-p', '-r');
  }

  /** What the terminal shows now, without what was scrolled away. */
  async screen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p')).trimEnd();
  }

  /** As `screen`, with the escapes of colours. */
  async colouredScreen(): Promise<string> {
    return (await this.#tmux('capture-pane', '-p', '-e')).trimEnd();
  }

  /** Waits until the screen fits. @returns the screen */
  async waitFor(expected: RegExp): Promise<string> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const screen = await this.screen();
      if (expected.test(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`the terminal does not show ${expected} but:\n${screen}`);
      await sleep(POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server');
  }

  async #tmux(...args: string[]): Promise<string> {
    return (await execute('tmux', ['-L', this.#socket, ...args])).stdout;
  }
}

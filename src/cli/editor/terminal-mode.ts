const PASTE_MODE_ON = '\u001b[?2004h';
const PASTE_MODE_OFF = '\u001b[?2004l';
const SHOW_CURSOR = '\u001b[?25h';
/** Time for the signal to stop the process; where nothing can stop it, as without a shell, it just goes on. */
const STOP_MS = 100;
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type EndSignal = (typeof endSignals)[number];

export interface TerminalModeOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** After Ctrl-Z and `fg`: the shell has written since. */
  readonly onContinue: () => void;
}

/** Holds the terminal in raw mode, where each key comes as it is, and gives it back however the process ends. */
export class TerminalMode {
  readonly #stdin: NodeJS.ReadStream;
  readonly #stdout: NodeJS.WriteStream;
  readonly #onContinue: () => void;
  #isRaw = false;
  /** Whether the terminal is ours, when the process runs. */
  #isHeld = false;

  constructor({ stdin, stdout, onContinue }: TerminalModeOptions) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#onContinue = onContinue;
    for (const signal of endSignals) process.on(signal, this.#onEndSignal);
    process.on('exit', this.#leave);
    if (process.platform !== 'win32') process.on('SIGCONT', this.#resume);
    this.enter();
  }

  enter(): void {
    this.#isHeld = true;
    if (this.#isRaw) return;
    this.#isRaw = true;
    this.#stdin.setRawMode(true);
    this.#stdout.write(PASTE_MODE_ON);
  }

  /** Leaves the terminal to another program, until `enter`. */
  leave(): void {
    this.#isHeld = false;
    this.#leave();
  }

  /** Stops the process as Ctrl-Z does, until the shell continues it. */
  stop(): void {
    if (process.platform === 'win32') return;
    this.#leave();
    // To all of the job, as the terminal itself does it.
    process.kill(0, 'SIGTSTP');
    // Twice: the first may be overdue when the process goes on, the signal of that is heard before the second.
    setTimeout(() => setTimeout(() => this.#isRaw || this.#resume(), STOP_MS), STOP_MS);
  }

  close(): void {
    this.leave();
    for (const signal of endSignals) process.off(signal, this.#onEndSignal);
    process.off('exit', this.#leave);
    if (process.platform !== 'win32') process.off('SIGCONT', this.#resume);
  }

  readonly #leave = (): void => {
    if (!this.#isRaw) return;
    this.#isRaw = false;
    try {
      this.#stdin.setRawMode(false);
      this.#stdout.write(`${PASTE_MODE_OFF}${SHOW_CURSOR}`);
    } catch {
      // The terminal is gone, and its mode with it.
    }
  };

  readonly #resume = (): void => {
    if (!this.#isHeld) return;
    // The shell may have changed the mode behind our back.
    this.#leave();
    this.enter();
    this.#onContinue();
  };

  /** Whoever else listens decides; a signal that nobody listens to ends the process, as always. */
  readonly #onEndSignal = (signal: EndSignal): void => {
    if (process.listenerCount(signal) > 1) return;
    this.close();
    process.kill(process.pid, signal);
  };
}

const PASTE_MODE_ON = '\u001b[?2004h';
const PASTE_MODE_OFF = '\u001b[?2004l';
const SHOW_CURSOR = '\u001b[?25h';
/** Time for the signal to stop the process. If nothing stops it, for example without a shell, it continues. */
const STOP_MS = 100;
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type EndSignal = (typeof endSignals)[number];

export interface TerminalModeOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Called after Ctrl-Z and `fg`; the shell has written text meanwhile. */
  readonly onContinue: () => void;
}

/** Keeps the terminal in raw mode, which passes on each key unchanged, and restores it however the process ends. */
export class TerminalMode {
  readonly #stdin: NodeJS.ReadStream;
  readonly #stdout: NodeJS.WriteStream;
  readonly #onContinue: () => void;
  #isRaw = false;
  /** Whether the terminal belongs to this program while the process runs. */
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

  /** Leaves the terminal to another program until `enter`. */
  leave(): void {
    this.#isHeld = false;
    this.#leave();
  }

  /** Suspends the process, as Ctrl-Z does, until the shell continues it. */
  stop(): void {
    if (process.platform === 'win32') return;
    this.#leave();
    // Signals the whole job, as the terminal itself does.
    process.kill(0, 'SIGTSTP');
    // Two timers: the first may be overdue when the process continues, and SIGCONT is handled before the second.
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
      // The terminal was closed, so there is no mode to restore.
    }
  };

  readonly #resume = (): void => {
    if (!this.#isHeld) return;
    // The shell may have changed the mode.
    this.#leave();
    this.enter();
    this.#onContinue();
  };

  /** If there is another listener, it decides. Otherwise the signal ends the process as usual. */
  readonly #onEndSignal = (signal: EndSignal): void => {
    if (process.listenerCount(signal) > 1) return;
    this.close();
    process.kill(process.pid, signal);
  };
}

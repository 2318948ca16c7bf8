/** What the signals of each system mean to the server. */
import { isatty } from 'node:tty';

/** Exit code that shells use for a program ended by Ctrl-C. */
const INTERRUPTED = 130;
const STDIN = 0;

/**
 * The signals that end the server. Windows has none of its own: Node calls Ctrl-C SIGINT there, Ctrl-Break SIGBREAK, and a closed
 * console SIGHUP. Nothing else that ends a process there can be handled.
 */
export function endSignals(platform: string = process.platform): readonly NodeJS.Signals[] {
  return platform === 'win32' ? ['SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM'];
}

/** Time in milliseconds that a server may take to end. */
export interface EndTimes {
  /** For load balancers to notice. */
  readonly drainGraceMs: number;
  /** For running requests. */
  readonly shutdownTimeoutMs: number;
}

/** Windows ends the processes of a closed console after 5 seconds, and most of these are needed to save conversations. */
const CLOSED_CONSOLE_MS = 1000;

/** @param times as the settings have them */
export function endTimes(
  signal: NodeJS.Signals,
  { drainGraceMs, shutdownTimeoutMs }: EndTimes,
  platform: string = process.platform,
): EndTimes {
  const isClosed = platform === 'win32' && signal === 'SIGHUP';
  if (!isClosed) return { drainGraceMs, shutdownTimeoutMs };
  return { drainGraceMs: 0, shutdownTimeoutMs: Math.min(shutdownTimeoutMs, CLOSED_CONSOLE_MS) };
}

/** Resolves at the first signal that ends the server; a second one ends the process at once. */
export function untilSignal(platform: string = process.platform): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const name of endSignals(platform)) {
      process.on(name, (signal) => {
        if (asked) process.exit(INTERRUPTED);
        asked = true;
        resolve(signal);
      });
    }
  });
}

/**
 * SIGHUP reloads the settings, unless it reports that the terminal was closed. In that case it ends the process at
 * once, as it would without a handler, because Node crashes when it exits after losing its terminal. On Windows it only
 * reports a closed console, and nothing asks for a reload: the files are watched.
 */
export function onHangup(reload: () => void, platform: string = process.platform): void {
  if (platform === 'win32') return;
  const hadTerminal = isatty(STDIN);
  const hear = () => {
    if (!hadTerminal || isatty(STDIN)) return reload();
    process.off('SIGHUP', hear);
    process.kill(process.pid, 'SIGHUP');
  };
  process.on('SIGHUP', hear);
}

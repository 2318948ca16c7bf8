/** Tells the service manager how the server is: sd_notify(3), as systemd and others understand it. */
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Environment } from '../../../config/environment.ts';
import { openDatagrams, type SendDatagram } from './datagram.ts';

/** Without a watchdog, the status is brought up to date this often. */
const STATUS_MS = 10_000;
/** A tick of the watchdog may come this much late without its end. */
const TICKS_PER_LIMIT = 2;
const MICROSECONDS_PER_MS = 1000;
/** For what follows the last request of a server that stops: models save their conversations. */
const STOP_RESERVE_MS = 60_000;

export interface ServerState {
  /** One line for people, such as "2 models loaded, 1 request running". */
  readonly status: string;
  /** What has come to a standstill; absent = everything moves. */
  readonly stuck?: string;
}

interface Parts {
  readonly send: SendDatagram;
  /** Milliseconds between signs of life; undefined = nobody waits for them. */
  readonly watchdogMs: number | undefined;
  readonly state: () => ServerState;
  readonly clock: Clock;
  readonly logger: Logger;
}

type ManagerParts = Pick<Parts, 'state' | 'clock' | 'logger'>;

/** Every method returns at once, and none throws: a service manager that does not listen is logged. */
export class ServiceManager {
  readonly #parts: Parts;
  #cancelTimer: (() => void) | undefined;
  #lastStatus: string | undefined;
  #isStopping = false;
  #hasFailed = false;
  #isStuck = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The server accepts requests, or has read its settings again. @param status where it listens */
  ready(status: string): void {
    this.#send('READY=1', `STATUS=${status}`);
    this.#lastStatus = status;
    if (!this.#cancelTimer) this.#schedule();
  }

  /** The server reads its settings again; `ready` must follow. */
  reloading(): void {
    // systemd holds this time against the one at which it asked for the reload.
    const now = process.hrtime.bigint() / 1000n;
    this.#send('RELOADING=1', `MONOTONIC_USEC=${now}`);
  }

  /** @param longestMs how long running requests may take; Infinity = until they end */
  stopping(longestMs: number): void {
    this.#isStopping = true;
    const limitMs = longestMs + STOP_RESERVE_MS;
    const extension = Number.isFinite(limitMs)
      ? [`EXTEND_TIMEOUT_USEC=${Math.round(limitMs * MICROSECONDS_PER_MS)}`]
      : [];
    this.#send('STOPPING=1', 'STATUS=stopping: running requests may finish', ...extension);
  }

  close(): void {
    this.#cancelTimer?.();
  }

  #schedule(): void {
    const { watchdogMs, clock } = this.#parts;
    const delay = watchdogMs === undefined ? STATUS_MS : watchdogMs / TICKS_PER_LIMIT;
    this.#cancelTimer = clock.after(delay, () => {
      this.#tick();
      this.#schedule();
    });
  }

  /** That this runs shows that the event loop turns; the state shows the rest. */
  #tick(): void {
    const { state, watchdogMs, logger } = this.#parts;
    const { status, stuck } = state();
    if (stuck !== undefined && !this.#isStuck) {
      logger.error('the server has come to a standstill; the service manager will restart it', {
        reason: stuck,
      });
    }
    this.#isStuck = stuck !== undefined;
    const isNews = status !== this.#lastStatus && !this.#isStopping;
    const lines = [
      ...(watchdogMs !== undefined && stuck === undefined ? ['WATCHDOG=1'] : []),
      ...(isNews ? [`STATUS=${status}`] : []),
    ];
    if (isNews) this.#lastStatus = status;
    if (lines.length > 0) this.#send(...lines);
  }

  #send(...lines: readonly string[]): void {
    try {
      this.#parts.send(lines.join('\n'));
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) {
        this.#parts.logger.warn('the service manager could not be told how the server is', {
          reason: messageOf(error),
        });
      }
      this.#hasFailed = true;
    }
  }
}

/**
 * @param environment with NOTIFY_SOCKET and WATCHDOG_USEC as the service manager set them
 * @returns undefined if no service manager listens
 */
export async function findServiceManager(
  environment: Environment,
  parts: ManagerParts,
): Promise<ServiceManager | undefined> {
  const { NOTIFY_SOCKET: path = '' } = environment;
  if (path === '') return undefined;
  try {
    if (!/^[/@]./.test(path)) throw new Error(`NOTIFY_SOCKET: "${path}" is not the path of a socket`);
    const send = await openDatagrams(path);
    return new ServiceManager({ ...parts, send, watchdogMs: watchdogLimit(environment, process.pid) });
  } catch (error) {
    parts.logger.warn('the service manager cannot be told how the server is', { reason: messageOf(error) });
    return undefined;
  }
}

/** @returns milliseconds; undefined if nobody waits for signs of life of this process (sd_watchdog_enabled(3)) */
export function watchdogLimit(
  { WATCHDOG_USEC = '', WATCHDOG_PID }: Environment,
  pid: number,
): number | undefined {
  if (!/^[1-9]\d*$/.test(WATCHDOG_USEC) || (WATCHDOG_PID && WATCHDOG_PID !== String(pid))) return undefined;
  return Number(WATCHDOG_USEC) / MICROSECONDS_PER_MS;
}

/** Follows GET /api/engine/events while the page is looked at, and connects again by itself. */
import { effect, type Signal, signal } from '@preact/signals';
import type { EngineEvent } from '../../api/engine-events.ts';
import { ApiError } from '../api/http.ts';
import { sessionState } from '../api/session.ts';
import { streamEvents } from '../api/streams.ts';
import { EngineHistory, HISTORY_MS } from './engine-history.ts';

export type Connection =
  | { readonly state: 'connecting' | 'live' | 'hidden' }
  /** `retryAt` on the clock of the browser. */
  | { readonly state: 'lost'; readonly retryAt: number; readonly problem: string }
  /** The server does not allow it: asking again would not help. */
  | { readonly state: 'refused'; readonly problem: string };

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 10_000;
/** What the server sends in the longest window, at its limit of ten events a second. */
const MAX_HELD_EVENTS = (HISTORY_MS / 1000) * 10;
/** What was computed is reported up to half a second later; the timeline ends before that, so that its blocks do not pop up. */
const REPORT_DELAY_MS = 600;

/** Times between tries: 1 s, then twice as long each time, up to 10 s. @param failures in a row, from 1 */
export function retryDelay(failures: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
}

/** A reply that another try would repeat. Too many requests, and errors of the server, pass. */
export function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

export class EngineFeed {
  readonly history = new EngineHistory();
  readonly connection: Signal<Connection> = signal({ state: 'connecting' });
  /** While true the page stands still; what comes is held back. */
  readonly isPaused = signal(false);
  /** Raised by events, so that a part of the page is made again only when what it shows has changed. */
  readonly changes = { state: signal(0), points: signal(0), prompts: signal(0) };
  /** Server's clock minus browser's, in milliseconds. */
  #offset = 0;
  #pausedAt: number | undefined;
  #held: EngineEvent[] = [];
  #failures = 0;
  #stop: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The time that the page shows, on the server's clock. */
  now(): number {
    return this.#pausedAt ?? Date.now() + this.#offset;
  }

  /** The right end of the timeline, on the server's clock. */
  end(): number {
    return this.now() - REPORT_DELAY_MS;
  }

  pause(): void {
    this.#pausedAt = this.now();
    this.isPaused.value = true;
  }

  resume(): void {
    this.#pausedAt = undefined;
    this.isPaused.value = false;
    const held = this.#held;
    this.#held = [];
    for (const event of held) this.#take(event);
  }

  /** @returns what ends it */
  start(): () => void {
    const follow = () => {
      if (document.hidden) this.#disconnect({ state: 'hidden' });
      else if (!this.#stop) this.connect();
    };
    document.addEventListener('visibilitychange', follow);
    // After the key was entered, and when another one was.
    const dispose = effect(() => {
      if (sessionState.value.session && this.connection.peek().state === 'refused') this.connect();
    });
    follow();
    return () => {
      document.removeEventListener('visibilitychange', follow);
      dispose();
      this.#disconnect({ state: 'hidden' });
    };
  }

  /** Connects at once, whatever went on. */
  connect(): void {
    this.#disconnect({ state: 'connecting' });
    const stop = new AbortController();
    this.#stop = stop;
    void this.#follow(stop.signal);
  }

  #disconnect(connection: Connection): void {
    clearTimeout(this.#timer);
    this.#stop?.abort();
    this.#stop = undefined;
    this.history.close(Date.now() + this.#offset);
    this.connection.value = connection;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let problem = '';
    try {
      for await (const { data } of streamEvents('/api/engine/events', { signal })) {
        if (signal.aborted) return;
        this.#receive(JSON.parse(data) as EngineEvent);
      }
    } catch (error) {
      if (signal.aborted) return;
      problem = error instanceof Error ? error.message : String(error);
      if (error instanceof ApiError && isFinal(error.status)) {
        this.#disconnect({ state: 'refused', problem });
        return;
      }
    }
    if (signal.aborted) return;
    this.#failures += 1;
    const delay = retryDelay(this.#failures);
    this.#disconnect({ state: 'lost', retryAt: Date.now() + delay, problem });
    this.#timer = setTimeout(() => this.connect(), delay);
  }

  #receive(event: EngineEvent): void {
    if (event.type === 'hello') {
      this.#failures = 0;
      this.#offset = event.now_at - Date.now();
      this.connection.value = { state: 'live' };
    }
    if (!this.isPaused.value) {
      this.#take(event);
      return;
    }
    this.#held.push(event);
    if (this.#held.length > MAX_HELD_EVENTS) this.#held.shift();
  }

  #take(event: EngineEvent): void {
    this.history.take(event);
    this.history.forget(this.now());
    const { state, points, prompts } = this.changes;
    if (event.type !== 'steps' && event.type !== 'prompts' && event.type !== 'point') state.value += 1;
    if (event.type === 'point' || event.type === 'hello') points.value += 1;
    if (event.type === 'prompts') prompts.value += 1;
  }
}

import {
  ENGINE_EVENTS_VERSION,
  type EngineEvent,
  type EnginePoint,
  type EngineState,
} from '../api/engine-events.ts';
import type { Clock } from '../base/clock.ts';
import { OllamaError } from '../base/errors.ts';
import type { EngineFigures } from '../protocol/engine-figures.ts';
import type { StepReport } from '../protocol/step-report.ts';
import { EngineSeries, HISTORY_SECONDS } from './engine-series.ts';
import { engineState, type LiveDevice, type LiveRunner, type LiveWaiting } from './engine-state.ts';
import { EngineWork } from './engine-steps.ts';
import { EventLine } from './event-line.ts';
import type { LiveRuns, Viewer } from './live-runs.ts';
import { visibleEvent } from './visible-event.ts';

/** Each costs the server what it is sent; more than the people who look at one machine at once. */
export const MOST_WATCHERS = 32;
/** No API key may take the places of all others. */
export const MOST_WATCHERS_OF_KEY = 8;
/** How often those who watch get what was computed. */
const LOOK_MS = 250;
/** Every so many looks they get a state if it has changed, and the prompts that were begun. */
const LOOKS_PER_STATE = 2;

export interface EngineWatchParts {
  readonly source: {
    runners(): readonly LiveRunner[];
    waiting(): readonly LiveWaiting[];
    devices(): readonly LiveDevice[];
    /** Undefined = not known yet. */
    diskBytes(): number | undefined;
    /** Whether the runners report their steps from now on. */
    watchSteps(isWatched: boolean): void;
  };
  readonly runs: Pick<LiveRuns, 'describe'>;
  readonly clock: Clock;
}

interface Watcher {
  readonly viewer: Viewer;
  readonly line: EventLine;
}

/**
 * Shows what the engine does to those who watch. While nobody does, the runners report no steps, and only the series goes
 * on, from the figures that are counted anyway.
 */
export class EngineWatch {
  readonly #parts: EngineWatchParts;
  readonly #series = new EngineSeries();
  readonly #watchers = new Set<Watcher>();
  readonly #reports = new Map<number, Pick<StepReport, 'slots' | 'stored'>>();
  readonly #closing = new AbortController();
  #work = new EngineWork();
  #offset = 0;
  #looks = 0;
  /** The models of the runners, of those that have exited since the look before as well. */
  #models: ReadonlyMap<number, string> = new Map();
  #lastPoint = 0;
  #lastState = '';
  #cancelTimer: (() => void) | undefined;

  constructor(parts: EngineWatchParts) {
    this.#parts = parts;
  }

  /** A child reports what it has counted. */
  counted(model: string, figures: EngineFigures): void {
    this.#series.counted(model, figures, this.#parts.clock.date());
  }

  /** An answer of this model began. @param milliseconds since its request */
  firstToken(model: string, milliseconds: number): void {
    this.#series.firstToken(model, milliseconds, this.#parts.clock.date());
  }

  /** A runner whose steps are watched reports them. */
  stepped(runner: number, report: StepReport): void {
    if (this.#watchers.size === 0) return;
    this.#reports.set(runner, report);
    this.#work.add(runner, report);
  }

  /**
   * The events for one client, until its signal is aborted or the server stops.
   * @throws OllamaError `busy` when too many watch
   */
  async *watch(viewer: Viewer, signal: AbortSignal): AsyncGenerator<EngineEvent, void, undefined> {
    this.#requireRoom(viewer);
    const watcher = { viewer, line: new EventLine(this.#parts.clock) };
    if (this.#watchers.size === 0) this.#begin();
    this.#watchers.add(watcher);
    try {
      const hello = this.#shown(this.#hello(), viewer);
      if (hello) yield hello;
      yield* watcher.line.read(AbortSignal.any([signal, this.#closing.signal]));
    } finally {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#end();
    }
  }

  /** Ends every stream: the server stops. */
  close(): void {
    this.#closing.abort();
  }

  #requireRoom({ keyId }: Viewer): void {
    const isOwn = ({ viewer }: Watcher) => keyId !== undefined && viewer.keyId === keyId;
    const isFull = this.#watchers.size >= MOST_WATCHERS;
    if (!isFull && [...this.#watchers].filter(isOwn).length < MOST_WATCHERS_OF_KEY) return;
    const clients = isFull ? `${MOST_WATCHERS} clients` : `${MOST_WATCHERS_OF_KEY} clients with this API key`;
    throw new OllamaError('busy', `more than ${clients} watch the engine: close another page`);
  }

  #begin(): void {
    const { clock, source } = this.#parts;
    this.#offset = clock.date() - clock.now();
    this.#lastPoint = this.#series.lastComplete(clock.date());
    this.#lastState = '';
    this.#nameRunners();
    source.watchSteps(true);
    this.#wait();
  }

  #end(): void {
    this.#cancelTimer?.();
    this.#reports.clear();
    this.#work = new EngineWork();
    this.#parts.source.watchSteps(false);
  }

  #wait(): void {
    this.#cancelTimer = this.#parts.clock.after(LOOK_MS, () => {
      this.#look();
      this.#wait();
    });
  }

  #look(): void {
    this.#looks++;
    this.#nameRunners();
    const blocks = this.#work.takeBlocks();
    if (blocks.length > 0) this.#push({ type: 'steps', blocks, runs: [] });
    if (this.#looks % LOOKS_PER_STATE === 0) {
      const prompts = this.#work.takePrompts();
      if (prompts.length > 0) this.#push({ type: 'prompts', prompts, runs: [] });
      this.#pushState();
    }
    const last = this.#series.lastComplete(this.#parts.clock.date());
    // A clock that was set back repeats seconds that were shown.
    if (last <= this.#lastPoint) return;
    this.#lastPoint = last;
    const point = this.#series.point(last);
    if (point) this.#push(point);
  }

  #nameRunners(): void {
    const current = this.#parts.source.runners().map(({ id, name }) => [id, name] as const);
    const before = [...this.#models].filter(([id]) => this.#reports.has(id));
    this.#models = new Map([...before, ...current]);
  }

  #pushState(): void {
    const state = this.#state();
    const text = JSON.stringify({ ...state, at: 0 });
    if (text === this.#lastState) return;
    this.#lastState = text;
    this.#push(state);
  }

  #push(event: EngineEvent): void {
    for (const { viewer, line } of this.#watchers) {
      const shown = this.#shown(event, viewer);
      if (shown) line.push(shown);
    }
  }

  #shown(event: EngineEvent, viewer: Viewer): EngineEvent | undefined {
    const { runs } = this.#parts;
    return visibleEvent(event, { viewer, runs, modelOf: (runner) => this.#models.get(runner) });
  }

  #state(): EngineState {
    const { source, clock } = this.#parts;
    const runners = source.runners();
    for (const id of this.#reports.keys()) {
      if (!runners.some((runner) => runner.id === id)) this.#reports.delete(id);
    }
    const state = engineState({
      runners,
      waiting: source.waiting(),
      devices: source.devices(),
      diskBytes: source.diskBytes(),
      reports: this.#reports,
      offset: this.#offset,
      now: clock.date(),
    });
    return { ...state, runs: [] };
  }

  #hello(): EngineEvent {
    const history: readonly EnginePoint[] = this.#series.history(this.#lastPoint);
    return {
      type: 'hello',
      version: ENGINE_EVENTS_VERSION,
      now_at: this.#parts.clock.date(),
      history_seconds: HISTORY_SECONDS,
      history,
      state: this.#state(),
    };
  }
}

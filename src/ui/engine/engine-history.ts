/** What the page knows of the engine: the latest state, and as much of the past as it can show. */
import type {
  EngineEvent,
  EnginePoint,
  EnginePrompt,
  EngineRun,
  EngineRunner,
  EngineState,
  EngineSteps,
} from '../../api/engine-events.ts';
import { addPiece, forgetBefore, type Lane, laneKey, type Phase, piecesOf } from './timeline/phases.ts';

/** The longest window of the timeline and the plots, in milliseconds. */
export const HISTORY_MS = 5 * 60_000;
/** More lanes cannot be told apart; those of runners that ended are forgotten first. */
const MAX_LANES = 128;
/** The list of prompts shows the latest few; the details of a run find its own. */
const MAX_PROMPTS = 500;
/** Interruptions of the stream that are shown as such. */
const MAX_INTERVALS = 50;
/** Forgetting looks at everything, so that it happens this often at most. */
const FORGET_EACH_MS = 5000;

/** Times in which the stream was open, so that what is not there did not happen. */
interface Interval {
  readonly from: number;
  /** Undefined while the stream is open. */
  to: number | undefined;
}

const nothing: EngineState = { type: 'state', at: 0, runners: [], queue: [], devices: [], runs: [] };

export class EngineHistory {
  state = nothing;
  readonly lanes = new Map<string, Lane>();
  readonly runs = new Map<number, EngineRun>();
  /** The latest last. */
  prompts: EnginePrompt[] = [];
  /** In order of time, one for each second in which something was computed. */
  points: EnginePoint[] = [];
  readonly watched: Interval[] = [];
  /** Events that the server left out because this page read too slowly. */
  lost = 0;
  /** Raised whenever the timeline changes. */
  revision = 0;
  /** Raised whenever a lane comes or goes. */
  laneRevision = 0;
  #lastId = 0;
  #forgotAt = 0;
  readonly #nextId = () => {
    this.#lastId += 1;
    return this.#lastId;
  };

  take(event: EngineEvent): void {
    if (event.type === 'hello') {
      this.#watch(event.now_at);
      this.#addPoints(event.history);
      this.#takeState(event.state);
    } else if (event.type === 'state') this.#takeState(event);
    else if (event.type === 'steps') this.#takeSteps(event);
    else if (event.type === 'prompts') {
      this.#noteRuns(event.runs);
      this.prompts = [...this.prompts, ...event.prompts].slice(-MAX_PROMPTS);
    } else if (event.type === 'point') this.#addPoints([event]);
    else if (event.type === 'lost') this.lost += event.events;
    this.revision += 1;
  }

  /** The stream ended. What happens from now on is unknown. */
  close(at: number): void {
    const last = this.watched.at(-1);
    if (last && last.to === undefined) last.to = Math.max(last.from, at);
    this.revision += 1;
  }

  /** Forgets what no window can show. @param now the server's clock */
  forget(now: number): void {
    if (now - this.#forgotAt < FORGET_EACH_MS) return;
    this.#forgotAt = now;
    const horizon = now - HISTORY_MS;
    for (const lane of this.lanes.values()) {
      forgetBefore(lane, horizon);
      if (lane.until !== undefined && lane.until < horizon) this.#drop(lane);
    }
    this.points = this.points.filter(({ at }) => at >= horizon);
    this.prompts = this.prompts.filter(({ at }) => at >= horizon);
    const used = this.#usedRuns();
    for (const run of this.runs.keys()) if (!used.has(run)) this.runs.delete(run);
  }

  #usedRuns(): Set<number> {
    const used = new Set(this.prompts.map(({ run }) => run));
    for (const { run } of this.state.queue) if (run !== undefined) used.add(run);
    for (const { slots } of this.state.runners)
      for (const { run } of slots) if (run !== undefined) used.add(run);
    for (const { phases } of this.lanes.values())
      for (const { run } of phases) if (run !== undefined) used.add(run);
    return used;
  }

  #watch(from: number): void {
    this.close(from);
    this.watched.push({ from, to: undefined });
    if (this.watched.length > MAX_INTERVALS) this.watched.shift();
  }

  #takeSteps({ runs, blocks }: EngineSteps): void {
    this.#noteRuns(runs);
    for (const block of blocks) {
      for (const share of block.shares) {
        const lane = this.#lane(block.runner, share.slot, block.started_at, share.run);
        if (!lane) continue;
        for (const piece of piecesOf(block, share)) addPiece(lane, share.run, piece, this.#nextId);
      }
    }
  }

  #takeState(state: EngineState): void {
    this.state = state;
    this.#noteRuns(state.runs);
    const present = new Set(state.runners.map(({ runner }) => runner));
    for (const lane of this.lanes.values()) {
      if (present.has(lane.runner) || lane.until !== undefined) continue;
      lane.until = state.at;
      for (const phase of lane.phases) closePhase(phase, state.at);
    }
    for (const runner of state.runners) this.#takeRunner(runner, state.at);
  }

  #takeRunner(runner: EngineRunner, at: number): void {
    for (const { slot } of runner.slots) {
      const lane = this.#lane(
        runner.runner,
        slot,
        runner.loaded_at ?? runner.load_started_at,
        undefined,
        runner,
      );
      if (!lane) continue;
      lane.since = Math.min(lane.since, runner.load_started_at);
      const loadedAt = runner.loaded_at;
      if (loadedAt !== undefined && loadedAt < at - HISTORY_MS) continue;
      const load = lane.phases.find(({ kind }) => kind === 'load') ?? beginLoad(lane, runner, this.#nextId());
      load.open = loadedAt === undefined && runner.state === 'loading';
      load.endedAt = loadedAt ?? at;
    }
  }

  #lane(runner: number, slot: number, since: number, run?: number, known?: EngineRunner): Lane | undefined {
    const key = laneKey(runner, slot);
    const found = this.lanes.get(key);
    if (found) return found;
    if (this.lanes.size >= MAX_LANES && !this.#dropEndedLane()) return undefined;
    const model = known?.model ?? (run === undefined ? undefined : this.runs.get(run)?.model) ?? '';
    const lane: Lane = { key, runner, slot, model, since, until: undefined, phases: [] };
    this.lanes.set(key, lane);
    this.laneRevision += 1;
    return lane;
  }

  #dropEndedLane(): boolean {
    for (const lane of this.lanes.values()) {
      if (lane.until === undefined) continue;
      this.#drop(lane);
      return true;
    }
    return false;
  }

  #drop(lane: Lane): void {
    this.lanes.delete(lane.key);
    this.laneRevision += 1;
  }

  #noteRuns(runs: readonly EngineRun[]): void {
    for (const run of runs) this.runs.set(run.run, run);
  }

  /** Points of a second that is known already replace it: after a reconnection the history comes again. */
  #addPoints(points: readonly EnginePoint[]): void {
    if (points.length === 0) return;
    const byTime = new Map(this.points.map((point) => [point.at, point]));
    for (const point of points) byTime.set(point.at, point);
    this.points = [...byTime.values()].sort((a, b) => a.at - b.at).slice(-HISTORY_MS / 1000 - 2);
  }
}

function beginLoad(lane: Lane, runner: EngineRunner, id: number): Phase {
  const startedAt = runner.load_started_at;
  const sums = { busyMs: 0, tokens: 0, draftTaken: 0, draftRefused: 0 };
  const load: Phase = { id, kind: 'load', startedAt, endedAt: startedAt, open: true, ...sums, steps: [] };
  lane.phases.unshift(load);
  return load;
}

function closePhase(phase: Phase, at: number): void {
  if (!phase.open) return;
  phase.open = false;
  phase.endedAt = at;
}

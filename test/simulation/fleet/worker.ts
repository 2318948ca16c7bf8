/** One server of a simulated fleet: the real scheduling policy with one loaded model, and an engine with recorded speeds. */

import type { SchedulerEvent } from '../../../src/scheduler/events.ts';
import { SchedulingPolicy } from '../../../src/scheduler/policy.ts';
import { fakeLoadTarget } from '../../fakes/scheduler/fake-load-target.ts';
import { schedulerSettings } from '../../fakes/scheduler/scheduler-settings.ts';
import type { EventQueue } from '../event-queue.ts';
import { type PublishedLoad, publishedLoadOf } from './published-load.ts';

/** Tokens per second of all streams together, by the number of streams; those between are on the line between their neighbours. */
export type RecordedSpeeds = readonly (readonly [streams: number, tokensPerSecond: number])[];

/** `npm run bench`, docs/performance.md: SmolLM2 on two cores, four slots. */
const RECORDED_SPEEDS: RecordedSpeeds = [
  [1, 103],
  [4, 131],
];
const SLOTS = 4;
/** Long enough for any line of a simulation: nothing is refused, so that all policies answer the same requests. */
const MAX_QUEUE = 100_000;
const MODEL = 'model';

interface Running {
  readonly id: number;
  /** Tokens that each stream of the worker has received when this one ends. */
  readonly endsAt: number;
}

export class Worker {
  readonly #policy = new SchedulingPolicy(
    schedulerSettings({ numParallel: SLOTS, maxLoadedModels: 1, maxQueue: MAX_QUEUE, swapMaxWaitMs: 1e9 }),
  );
  readonly #target = fakeLoadTarget(MODEL, {});
  readonly #events: EventQueue;
  readonly #tokensOf = new Map<number, number>();
  #running: Running[] = [];
  /** Tokens that a stream has received which has been running all the time. */
  #received = 0;
  #receivedAt = 0;
  /** Raised whenever the end of the next request changes, so that older appointments mean nothing. */
  #appointment = 0;

  constructor(events: EventQueue) {
    this.#events = events;
    this.#send({ type: 'acquire', request: { id: 0, target: this.#target, since: 0, client: 'loader' } });
    this.#send({ type: 'loaded', instanceId: 1 });
    this.#send({ type: 'release', requestId: 0 });
    this.#running = [];
  }

  /** Requests that run or wait. */
  get requests(): number {
    return this.#tokensOf.size;
  }

  /** What the server answers at `/v1/loads`. */
  published(): PublishedLoad {
    const active = this.#policy.instances.reduce((sum, instance) => sum + instance.active.size, 0);
    return publishedLoadOf({ running: active, waiting: this.#policy.waiting.length, slots: SLOTS });
  }

  /** @param tokens the work of the request, in tokens of an answer */
  ask(id: number, tokens: number): void {
    this.#advance();
    this.#tokensOf.set(id, tokens);
    const since = this.#events.now;
    this.#send({
      type: 'acquire',
      request: { id, target: this.#target, since, client: `client ${id % 50}` },
    });
    this.#appoint();
  }

  #send(event: SchedulerEvent): void {
    const circumstances = { now: this.#events.now, freeMemory: () => ({ systemBytes: 1e9, gpus: [] }) };
    for (const action of this.#policy.handle(event, circumstances)) {
      if (action.type === 'reject') throw new Error(`request ${action.requestId} was refused`);
      if (action.type !== 'grant') continue;
      const tokens = this.#tokensOf.get(action.requestId) ?? 0;
      this.#running.push({ id: action.requestId, endsAt: this.#received + tokens });
    }
  }

  /** Counts the tokens since the last event. */
  #advance(): void {
    const seconds = (this.#events.now - this.#receivedAt) / 1000;
    this.#received += seconds * speedOfEach(this.#running.length);
    this.#receivedAt = this.#events.now;
  }

  #appoint(): void {
    this.#appointment += 1;
    const mine = this.#appointment;
    const next = this.#running.reduce(
      (least, { endsAt }) => Math.min(least, endsAt),
      Number.POSITIVE_INFINITY,
    );
    if (next === Number.POSITIVE_INFINITY) return;
    const seconds = Math.max(0, next - this.#received) / speedOfEach(this.#running.length);
    this.#events.add(this.#events.now + seconds * 1000, () => {
      if (mine === this.#appointment) this.#finish(next);
    });
  }

  #finish(endsAt: number): void {
    this.#advance();
    this.#received = Math.max(this.#received, endsAt);
    const ended = this.#running.filter((running) => running.endsAt <= this.#received);
    this.#running = this.#running.filter((running) => running.endsAt > this.#received);
    for (const { id } of ended) {
      this.#tokensOf.delete(id);
      this.#send({ type: 'release', requestId: id });
    }
    this.#appoint();
  }
}

/** Tokens per second of one of so many streams. */
export function speedOfEach(streams: number, speeds: RecordedSpeeds = RECORDED_SPEEDS): number {
  if (streams === 0) return 0;
  let [lower] = speeds;
  for (const point of speeds) {
    if (point[0] >= streams && lower) {
      const part = point[0] === lower[0] ? 0 : (streams - lower[0]) / (point[0] - lower[0]);
      return (lower[1] + part * (point[1] - lower[1])) / streams;
    }
    lower = point;
  }
  return (lower?.[1] ?? 0) / streams;
}

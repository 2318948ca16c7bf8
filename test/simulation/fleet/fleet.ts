/** Many servers behind routers that know them only by what they publish: how long the longest line becomes. */
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { EventQueue } from '../event-queue.ts';
import { Worker } from './worker.ts';

/** How a router chooses: `ideal` sees every server as it is at that moment, the others what was published. */
export const routings = [
  'ideal',
  'published and sent',
  'two of published and sent',
  'published',
  'random',
] as const;
export type Routing = (typeof routings)[number];

export interface FleetOptions {
  readonly workers: number;
  readonly routers: number;
  readonly routing: Routing;
  readonly seed: number;
  readonly seconds: number;
  /** How often each router asks each server. */
  readonly pollMs: number;
  /** From the moment that a server looks at its load until a router knows it. */
  readonly delayMs: number;
}

export interface FleetResult {
  readonly requests: number;
  /** The most requests, running and waiting, that any server had at any time. */
  readonly worst: number;
}

/** Requests per second of one server whose slots are all in use: 131 tokens a second, and 100 tokens in the mean. */
const CAPACITY = 1.31;
const MEAN_TOKENS = 100;
/** The servers are used to four fifths, and half a minute in, three times as much arrives for five seconds. */
const USE = 0.8;
const BURST = { from: 30_000, until: 35_000, factor: 3 };

/** A router's knowledge of one server. */
interface View {
  /** Requests in the last report. */
  reported: number;
  /** When the last report was made. */
  at: number;
  /** When this router sent requests that the last report cannot contain. */
  sent: number[];
}

export function simulateFleet(options: FleetOptions): FleetResult {
  const random = seededRandom(options.seed);
  const events = new EventQueue();
  const workers = Array.from({ length: options.workers }, () => new Worker(events));
  const views = Array.from({ length: options.routers }, () =>
    workers.map((): View => ({ reported: 0, at: 0, sent: [] })),
  );
  const end = options.seconds * 1000;
  if (options.routing !== 'ideal' && options.routing !== 'random')
    for (const view of views) startPolls(view, { workers, events, random, end, options });
  let requests = 0;
  let worst = 0;
  const arrive = () => {
    const view = views[Math.floor(random() * views.length)] ?? [];
    const tokens = 1 - Math.log(1 - random()) * (MEAN_TOKENS - 1);
    const chosen = choose(options.routing, { workers, view, random });
    view[chosen]?.sent.push(events.now);
    requests += 1;
    const worker = workers[chosen];
    worker?.ask(requests, tokens);
    worst = Math.max(worst, worker?.requests ?? 0);
    const isBurst = events.now >= BURST.from && events.now < BURST.until;
    const rate = options.workers * CAPACITY * USE * (isBurst ? BURST.factor : 1);
    const next = events.now - (Math.log(1 - random()) / rate) * 1000;
    if (next < end) events.add(next, arrive);
  };
  events.add(0, arrive);
  while (events.runNext());
  return { requests, worst };
}

interface Polls {
  readonly workers: readonly Worker[];
  readonly events: EventQueue;
  readonly random: () => number;
  readonly end: number;
  readonly options: FleetOptions;
}

/** Each server is asked in turn, beginning at a moment of its own. */
function startPolls(view: readonly View[], { workers, events, random, end, options }: Polls): void {
  for (const [index, worker] of workers.entries()) {
    const poll = () => {
      const at = events.now;
      const { num_total_reqs } = worker.published();
      events.add(at + options.delayMs, () => {
        const mine = view[index];
        if (!mine) return;
        mine.reported = num_total_reqs;
        mine.at = at;
        mine.sent = mine.sent.filter((sentAt) => sentAt > at);
      });
      if (at + options.pollMs < end) events.add(at + options.pollMs, poll);
    };
    events.add(random() * options.pollMs, poll);
  }
}

interface Knowledge {
  readonly workers: readonly Worker[];
  readonly view: readonly View[];
  readonly random: () => number;
}

/** @returns index of the server */
function choose(routing: Routing, { workers, view, random }: Knowledge): number {
  const any = () => Math.floor(random() * workers.length);
  if (routing === 'random') return any();
  const known = (index: number) => {
    const { reported = 0, sent = [] } = view[index] ?? {};
    return reported + (routing === 'published' ? 0 : sent.length);
  };
  if (routing === 'two of published and sent') {
    const [one, other] = [any(), any()];
    return known(one) <= known(other) ? one : other;
  }
  const load = routing === 'ideal' ? (index: number) => workers[index]?.requests ?? 0 : known;
  // Routers begin at different servers, so that those with the same load are chosen in turns.
  const first = any();
  let best = first;
  for (let step = 1; step < workers.length; step += 1) {
    const index = (first + step) % workers.length;
    if (load(index) < load(best)) best = index;
  }
  return best;
}

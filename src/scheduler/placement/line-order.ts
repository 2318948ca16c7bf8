import type { WaitingRequest } from '../instance.ts';

/** Milliseconds of waiting that raise a request's priority by one, so that low priorities are served eventually. */
export const AGEING_MS = 30_000;
/** Maximum number of clients whose last service is remembered; more than ever wait at once. */
const MAX_CLIENTS = 10_000;

interface Standing {
  readonly request: WaitingRequest;
  readonly level: number;
  /** Number of earlier requests of the same client and level. */
  readonly round: number;
  readonly lastServed: number;
}

/**
 * Decides who is served next: by priority, which waiting raises; then by client in turn, the one served longest ago first;
 * then by arrival. Requests with the same client and priority never overtake each other.
 */
export class LineOrder {
  readonly #lastServed = new Map<string, number>();
  #turn = 0;

  /** @param queue in order of arrival */
  sort(queue: readonly WaitingRequest[], now: number): WaitingRequest[] {
    const rounds = new Map<string, number>();
    const line = queue.map((request): Standing => {
      const { client = '', since, priority = 0 } = request;
      const level = priority + Math.floor(Math.max(0, now - since) / AGEING_MS);
      const key = `${level} ${client}`;
      const round = rounds.get(key) ?? 0;
      rounds.set(key, round + 1);
      return { request, level, round, lastServed: this.#lastServed.get(client) ?? 0 };
    });
    return line.sort(compare).map(({ request }) => request);
  }

  served({ client = '' }: WaitingRequest): void {
    this.#turn += 1;
    this.#lastServed.delete(client);
    this.#lastServed.set(client, this.#turn);
    if (this.#lastServed.size <= MAX_CLIENTS) return;
    const [oldest] = this.#lastServed.keys();
    if (oldest !== undefined) this.#lastServed.delete(oldest);
  }
}

function compare(left: Standing, right: Standing): number {
  return (
    right.level - left.level ||
    left.round - right.round ||
    left.lastServed - right.lastServed ||
    left.request.id - right.request.id
  );
}

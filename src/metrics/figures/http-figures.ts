import { Tally } from '../../protocol/tally.ts';
import { httpSeconds } from './bounds.ts';
import { RecentMap } from './recent-map.ts';

/** One request, when its reply has been sent. */
export interface HttpRequest {
  readonly method: string;
  /** The path of the route, with the names of its parameters; undefined = there is no such route. */
  readonly route: string | undefined;
  readonly status: number;
  readonly milliseconds: number;
}

/** A stand-in for values that clients make up. */
const OTHER = 'other';

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Like vLLM's server, the general metrics leave out what only looks at the server. */
const probes: ReadonlySet<string> = new Set([
  '/metrics',
  '/health',
  '/v1/health',
  '/ping',
  '/api/version',
  '/version',
  '/v1/loads',
  '/loads',
  '/',
]);
/** More than there are pairs of a route and a status that occur. */
const MOST_ENTRIES = 500;

interface HandlerFigures {
  readonly method: string;
  readonly handler: string;
  readonly seconds: Tally;
  /** Number of requests by class of their status, such as "2xx". */
  readonly statuses: Map<string, number>;
}

/** What is counted of HTTP requests: by routes, never by paths. */
export class HttpFigures {
  readonly #counts = new RecentMap(MOST_ENTRIES, (key) => {
    const [route = OTHER, status = ''] = key.split(' ');
    return { route, status, requests: 0 };
  });
  readonly #handlers = new RecentMap(MOST_ENTRIES, (key): HandlerFigures => {
    const [method = OTHER, handler = OTHER] = key.split(' ');
    return { method, handler, seconds: new Tally(httpSeconds), statuses: new Map() };
  });

  add({ method, route = OTHER, status, milliseconds }: HttpRequest): void {
    this.#counts.use(`${route} ${status}`).requests++;
    if (probes.has(route)) return;
    const { seconds, statuses } = this.#handlers.use(`${methods.has(method) ? method : OTHER} ${route}`);
    seconds.observe(milliseconds / 1000);
    const kind = `${Math.floor(status / 100)}xx`;
    statuses.set(kind, (statuses.get(kind) ?? 0) + 1);
  }

  /** Numbers of requests by route and status. */
  counts(): IterableIterator<{ readonly route: string; readonly status: string; readonly requests: number }> {
    return this.#counts.values();
  }

  handlers(): IterableIterator<HandlerFigures> {
    return this.#handlers.values();
  }
}

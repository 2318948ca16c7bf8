/** The upstreams of the config file, as requests find them. */
import type { Capability } from '../../api/common.ts';
import type { Clock } from '../../base/clock.ts';
import { createDeferred, type Deferred } from '../../base/deferred.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { ConfiguredUpstream } from '../../config/file/config-file.ts';
import { plainUpstream } from '../../config/file/upstream-section.ts';
import { matchedModel } from './matched-model.ts';
import { UpstreamState } from './upstream-state.ts';

/** An upstream that can answer a request. */
export interface Candidate {
  readonly upstream: UpstreamState;
  /** The model's name there. */
  readonly target: string;
  readonly isPattern: boolean;
  /** The entry's name or pattern. */
  readonly listed: string;
  readonly capabilities: readonly Capability[];
}

export interface RemoteRoute {
  /** In the order in which they are asked; not empty. */
  readonly candidates: readonly Candidate[];
  /** How long the line here may be, in milliseconds; undefined = the model is never run here. */
  readonly overflowMs: number | undefined;
}

/** A model with a name of its own in the config file. */
export interface ListedModel {
  readonly name: string;
  readonly target: string;
  readonly upstream: string;
  readonly capabilities: readonly Capability[];
  /** Whether it may be run here too. */
  readonly isOverflow: boolean;
}

/** Requests that wait for a place at any upstream. Beyond it, a client gains nothing by waiting. */
const MAX_WAITING = 1024;
/** Hosts of stored models that were used; each has its connections. */
const MAX_PLAIN = 32;

interface UpstreamsParts {
  readonly settings: {
    readonly upstreams: readonly ConfiguredUpstream[];
    onChange(listener: () => void): () => void;
  };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface Waiter {
  readonly candidates: readonly Candidate[];
  readonly granted: Deferred<Candidate>;
}

export class Upstreams {
  readonly #parts: UpstreamsParts;
  #states: readonly UpstreamState[] = [];
  /** By URL: those that only stored models name. */
  readonly #plain = new Map<string, UpstreamState>();
  #waiting: Waiter[] = [];

  constructor(parts: UpstreamsParts) {
    this.#parts = parts;
    this.#update();
    parts.settings.onChange(() => this.#update());
  }

  get all(): readonly UpstreamState[] {
    return [...this.#states, ...this.#plain.values()];
  }

  /** Number of waiting requests. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @param asked the name of a model in any spelling */
  routeOf(asked: string): RemoteRoute | undefined {
    const found = this.#states.flatMap((upstream) => {
      const matches = upstream.settings.models.flatMap((model) => {
        const match = matchedModel(model, asked);
        return match ? [{ ...match, upstream, capabilities: model.capabilities }] : [];
      });
      const best = matches.find(({ isPattern }) => !isPattern) ?? matches[0];
      return best ? [best] : [];
    });
    found.sort(
      (left, right) =>
        right.upstream.settings.priority - left.upstream.settings.priority ||
        Number(left.isPattern) - Number(right.isPattern),
    );
    const [first] = found;
    return first && { candidates: found, overflowMs: first.overflowMs };
  }

  /** The models that have a name of their own; patterns only match. Each name once. */
  get listed(): readonly ListedModel[] {
    const names = this.#states.flatMap(({ settings }) =>
      settings.models.flatMap(({ pattern }) => (pattern.includes('*') ? [] : [pattern])),
    );
    const unique = [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
    return unique.flatMap((name) => {
      const route = this.routeOf(name);
      const [best] = route?.candidates ?? [];
      if (!route || !best) return [];
      const { target, capabilities, upstream } = best;
      const isOverflow = route.overflowMs !== undefined;
      return [{ name, target, capabilities, upstream: upstream.name, isOverflow }];
    });
  }

  named(name: string): UpstreamState | undefined {
    return this.#states.find((state) => state.name.toLowerCase() === name.toLowerCase());
  }

  /** The upstream at a host that a stored model names: one of the config file, or one without a key. */
  at(host: string): UpstreamState {
    const url = /^https?:\/\//i.test(host) ? host : `http://${host}`;
    const origin = new URL(url).origin;
    const configured = this.#states.find(
      ({ settings }) => settings.kind === 'ollama' && new URL(settings.url).origin === origin,
    );
    if (configured) return configured;
    const known = this.#plain.get(origin);
    if (known) return known;
    if (this.#plain.size >= MAX_PLAIN) {
      const idle = [...this.#plain].find(([, { active }]) => active === 0);
      if (!idle) throw new OllamaError('busy', 'too many hosts of remote models are in use');
      this.#plain.delete(idle[0]);
      void idle[1].connection.close();
    }
    const state = new UpstreamState(plainUpstream(new URL(origin).host, origin), this.#parts);
    this.#plain.set(origin, state);
    return state;
  }

  /**
   * Waits for a place at the first upstream that has one. Call `leave` in the end.
   * @throws OllamaError `busy` when all are out of use, too many wait, or no place becomes free in the time in which an answer
   *   must begin; `canceled`
   */
  async enter(candidates: readonly Candidate[], signal: AbortSignal): Promise<Candidate> {
    const free = candidates.find(({ upstream }) => upstream.isFree);
    if (free) return taken(free);
    const usable = candidates.filter(({ upstream }) => upstream.breaker.admits);
    if (usable.length === 0) throw outOfUse(candidates);
    if (this.#waiting.length >= MAX_WAITING)
      throw new OllamaError('busy', 'too many requests wait for upstreams');
    const granted = createDeferred<Candidate>();
    const waiter = { candidates: usable, granted };
    this.#waiting.push(waiter);
    const cancel = () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      granted.reject(new OllamaError('canceled', 'request canceled'));
    };
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    const most = Math.max(...usable.map(({ upstream }) => upstream.settings.firstByteTimeoutMs));
    const stopWaiting = this.#parts.clock.after(most, () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      granted.reject(noPlace(usable, most));
    });
    try {
      return await granted.promise;
    } finally {
      stopWaiting();
      signal.removeEventListener('abort', cancel);
    }
  }

  leave({ upstream }: Candidate): void {
    upstream.active--;
    this.#serve();
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map(({ connection }) => connection.close()));
  }

  /** Gives places to waiting requests, first come, first served. */
  #serve(): void {
    const before = this.#waiting;
    this.#waiting = [];
    const left: Waiter[] = [];
    for (const waiter of before) {
      const free = waiter.candidates.find(({ upstream }) => upstream.isFree);
      const isLost = !waiter.candidates.some(
        ({ upstream }) => upstream.breaker.admits || upstream.active > 0,
      );
      if (free) waiter.granted.resolve(taken(free));
      else if (isLost) waiter.granted.reject(outOfUse(waiter.candidates));
      else left.push(waiter);
    }
    this.#waiting = [...left, ...this.#waiting];
  }

  /** Upstreams whose settings have not changed keep their connections and figures. */
  #update(): void {
    const before = this.#states;
    const { settings, logger } = this.#parts;
    this.#states = settings.upstreams.map((wanted) => {
      const same = before.find(({ settings: known }) => JSON.stringify(known) === JSON.stringify(wanted));
      if (!same) warnOfPlainKey(wanted, logger);
      return same ?? new UpstreamState(wanted, this.#parts);
    });
    for (const state of before) {
      // Running requests end as they would have.
      if (!this.#states.includes(state) && state.active === 0) void state.connection.close();
    }
  }
}

function taken(candidate: Candidate): Candidate {
  candidate.upstream.active++;
  candidate.upstream.breaker.began();
  return candidate;
}

const MILLISECONDS = 1000;

function outOfUse(candidates: readonly Candidate[]): OllamaError {
  const names = candidates.map(({ upstream }) => `"${upstream.name}"`).join(', ');
  const waitMs = Math.min(...candidates.map(({ upstream }) => upstream.breaker.waitMs));
  return new OllamaError(
    'busy',
    `upstream ${names}: out of use after failures, or at its own wish; try again later`,
    {
      headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / MILLISECONDS))) },
    },
  );
}

function noPlace(candidates: readonly Candidate[], milliseconds: number): OllamaError {
  const names = candidates.map(({ upstream }) => `"${upstream.name}"`).join(', ');
  const seconds = Math.round(milliseconds / 100) / 10;
  return new OllamaError(
    'busy',
    `upstream ${names}: no place became free within ${seconds} s; try again later`,
  );
}

function warnOfPlainKey({ name, url, keyFile, keyVariable }: ConfiguredUpstream, logger: Logger): void {
  const { protocol, hostname } = new URL(url);
  const isNear = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'https:' || isNear || (keyFile === undefined && keyVariable === undefined)) return;
  logger.warn('the key of an upstream is sent without encryption; use https', { upstream: name });
}

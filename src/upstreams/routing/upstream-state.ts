import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { ConfiguredUpstream } from '../../config/file/config-file.ts';
import { UpstreamConnection } from '../transport/connection.ts';
import type { Failure } from '../transport/upstream-errors.ts';
import { UpstreamKey } from '../transport/upstream-key.ts';
import { Breaker } from './breaker.ts';

type UpstreamResult = 'answered' | 'refused' | 'failed' | 'canceled';

/** Used longer ago, a model is no longer shown as running; as long as Ollama keeps models loaded. */
const SHOWN_MS = 5 * 60 * 1000;
/** Models of one upstream whose last use is remembered. */
const MAX_USED_MODELS = 50;

export interface UsedModel {
  /** As clients call it. */
  readonly name: string;
  readonly target: string;
  /** When it stops being shown, by the time of day. */
  readonly until: number;
}

interface StateParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** One upstream of a running server: its connections, and what has happened there. */
export class UpstreamState {
  readonly settings: ConfiguredUpstream;
  readonly connection: UpstreamConnection;
  readonly key: UpstreamKey;
  readonly breaker: Breaker;
  readonly results: Record<UpstreamResult, number> = { answered: 0, refused: 0, failed: 0, canceled: 0 };
  active = 0;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #used = new Map<string, UsedModel>();

  constructor(settings: ConfiguredUpstream, { clock, logger, environment }: StateParts) {
    this.settings = settings;
    this.#clock = clock;
    this.#logger = logger;
    this.connection = new UpstreamConnection(settings, environment);
    this.key = new UpstreamKey(settings, environment);
    this.breaker = new Breaker(clock);
  }

  get name(): string {
    return this.settings.name;
  }

  /** Whether it can be asked now. */
  get isFree(): boolean {
    return this.active < this.settings.limit && this.breaker.admits;
  }

  /** The models that were used lately. */
  get used(): readonly UsedModel[] {
    const now = this.#clock.date();
    return [...this.#used.values()].filter(({ until }) => until > now);
  }

  use(name: string, target: string): void {
    this.#used.delete(name);
    this.#used.set(name, { name, target, until: this.#clock.date() + SHOWN_MS });
    const [oldest] = this.#used.keys();
    if (this.#used.size > MAX_USED_MODELS && oldest !== undefined) this.#used.delete(oldest);
  }

  /** It answers the request, with whatever. */
  works(): void {
    if (this.breaker.succeeded()) this.#logger.info('upstream answers again', { upstream: this.name });
  }

  failed({ error, isFault, restMs }: Failure): void {
    this.results[isFault ? 'failed' : 'refused']++;
    const fields = { upstream: this.name, reason: error.message };
    if (!isFault) {
      this.works();
      if (restMs === undefined) return;
      this.breaker.rest(restMs);
      this.#logger.warn('upstream wants no requests for a while', { ...fields, restMs });
      return;
    }
    if (restMs !== undefined) this.breaker.rest(restMs);
    const pauseMs = this.breaker.failed();
    if (pauseMs === 0) this.#logger.warn('request to an upstream failed', fields);
    else
      this.#logger.error('upstream fails; it gets no requests until the pause ends', { ...fields, pauseMs });
  }

  canceled(): void {
    this.results.canceled++;
    this.breaker.ended();
  }
}

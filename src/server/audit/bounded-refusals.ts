import type { Clock } from '../../base/clock.ts';
import type { AuditEntry, AuditSink } from './audit-log.ts';

const MINUTE_MS = 60_000;
/** Enough to see what a client tries. One that never stops fills the log in about a month, instead of in minutes. */
const MAX_LINES = 10;
/** Whoever has more addresses than this is an attacker: the others share the lines of one client. */
const MAX_CLIENTS = 256;

/** The refusals of a client in this minute. */
interface Refusals {
  /** What the summing line says of the client. */
  readonly client: Pick<AuditEntry, 'key' | 'address'>;
  lines: number;
  more: number;
}

/**
 * Passes entries on, but only some of the refusals of each client and minute, so that nobody can push the lines of changes out of the
 * log by asking for what is refused. At the end of the minute, one line says how many more there were.
 */
export class BoundedRefusals implements AuditSink {
  readonly #sink: AuditSink;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #clients = new Map<string, Refusals>();
  readonly #others: Refusals = { client: {}, lines: 0, more: 0 };
  #cancelEnd: (() => void) | undefined;

  constructor(sink: AuditSink, clock: Pick<Clock, 'after'>) {
    this.#sink = sink;
    this.#clock = clock;
  }

  write(entry: AuditEntry): void {
    if (entry.result !== 'refused') {
      this.#sink.write(entry);
      return;
    }
    this.#cancelEnd ??= this.#clock.after(MINUTE_MS, () => this.endMinute());
    const refusals = this.#refusalsOf(entry);
    if (refusals.lines >= MAX_LINES) {
      refusals.more++;
      return;
    }
    refusals.lines++;
    this.#sink.write(entry);
  }

  /** Writes how many lines were left out, and begins again. */
  endMinute(): void {
    this.#cancelEnd?.();
    this.#cancelEnd = undefined;
    for (const { client, more } of [...this.#clients.values(), this.#others]) {
      if (more > 0) this.#sink.write({ action: 'more-requests', result: 'refused', ...client, count: more });
    }
    this.#clients.clear();
    Object.assign(this.#others, { lines: 0, more: 0 });
  }

  #refusalsOf({ key, address }: AuditEntry): Refusals {
    const name = `${key ?? ''} ${address ?? ''}`;
    const known = this.#clients.get(name);
    if (known) return known;
    if (this.#clients.size >= MAX_CLIENTS) return this.#others;
    const client = { ...(key !== undefined && { key }), ...(address !== undefined && { address }) };
    const refusals = { client, lines: 0, more: 0 };
    this.#clients.set(name, refusals);
    return refusals;
  }
}

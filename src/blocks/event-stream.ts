import type { HeldReport } from '../protocol/held-report.ts';
import { BlockTable } from './block-table.ts';
import { encodeBatch, type KvEvent } from './event-batch.ts';
import { EventLog, type LoggedBatch } from './event-log.ts';

export interface EventStreamOptions {
  /** Tokens. */
  readonly blockSize: number;
  readonly seed: string;
  /** Topics, with `{model}` where the name of the model stands. */
  readonly topic: string;
}

/** The number that ends a replay: -1 in 64 bits. */
const END = Buffer.alloc(8, 0xff);
const nothing = Buffer.alloc(0);
const MODEL = '{model}';
/** Batches that may follow a snapshot: a minute of changes. */
const MOST_BEHIND = 1000;

/** Turns what engines report into numbered messages: topic, number, events. */
export class EventStream {
  readonly #topic: string;
  readonly #table: BlockTable;
  readonly #log: EventLog;
  #lastSnapshot: LoggedBatch | undefined;
  /** Seconds since 1970. */
  readonly #now: () => number;

  constructor({ topic, ...options }: EventStreamOptions, now: () => number, log = new EventLog()) {
    this.#topic = topic;
    this.#table = new BlockTable(options);
    this.#now = now;
    this.#log = log;
  }

  /** Number of blocks that are stored. */
  get blocks(): number {
    return this.#table.size;
  }

  /** @returns the message about it; undefined = nothing has changed for readers */
  report(engine: number, model: string, report: HeldReport): Message | undefined {
    return this.#add(model, this.#table.apply(engine, model, report));
  }

  /** An engine has exited. */
  end(engine: number, model: string): Message | undefined {
    return this.#add(model, this.#table.end(engine));
  }

  /**
   * The messages from a number on, and the one that ends them. If some are no longer kept, one message with everything that was
   * stored at a later number takes the place of all of them up to that number. They are made one by one while they are sent, so that
   * a slow reader keeps nothing that the log has forgotten.
   * @param from 8 bytes; undefined for anything else
   */
  replay(from: Buffer | undefined): Iterable<Message> | undefined {
    if (from?.length !== 8) return undefined;
    return this.#messages(Number(from.readBigUInt64BE()));
  }

  *#messages(from: number): Generator<Message, void> {
    const end = this.#log.next;
    for (let number = from; number < end; number++) {
      const batch = this.#log.at(number) ?? this.#snapshot();
      yield messageOf(batch);
      number = batch.number;
    }
    yield [nothing, END, nothing];
  }

  /** It costs as much as all that is stored, so that it is made again only when it is far behind. */
  #snapshot(): LoggedBatch {
    const last = this.#log.next - 1;
    const kept = this.#lastSnapshot;
    if (kept && last - kept.number <= MOST_BEHIND && (kept.number === last || this.#log.at(kept.number + 1)))
      return kept;
    const [model = '', ...others] = this.#table.models;
    const topic = this.#topicOf(others.length === 0 ? model : '');
    const payload = encodeBatch(this.#table.snapshot(), this.#now());
    this.#lastSnapshot = { number: last, topic, payload };
    return this.#lastSnapshot;
  }

  #add(model: string, events: readonly KvEvent[]): Message | undefined {
    if (events.length === 0) return undefined;
    const payload = encodeBatch(events, this.#now());
    return messageOf(this.#log.add(this.#topicOf(model), payload));
  }

  #topicOf(model: string): Buffer {
    return Buffer.from(this.#topic.replaceAll(MODEL, model));
  }
}

/** Topic, number and events. */
export type Message = readonly [topic: Buffer, number: Buffer, payload: Buffer];

function messageOf({ topic, number, payload }: LoggedBatch): Message {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return [topic, bytes, payload];
}

/** The part of a topic that does not depend on the model, which readers of all models subscribe to. */
export function topicPrefix(topic: string): string {
  return topic.split(MODEL)[0] ?? '';
}

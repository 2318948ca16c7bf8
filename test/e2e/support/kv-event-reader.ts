/** Reads events about KV caches with ZeroMQ's own library, as a router does: it knows nothing but the events. */
import { unpack } from 'msgpackr';
import { Dealer, Subscriber } from 'zeromq';

interface WireEvent {
  readonly type: 'BlockStored' | 'BlockRemoved' | 'AllBlocksCleared';
  readonly block_hashes?: readonly Uint8Array[];
  readonly parent_block_hash?: Uint8Array | null;
  readonly token_ids?: readonly number[];
  readonly block_size?: number;
  readonly medium?: string;
  readonly extra_keys?: readonly (readonly string[] | null)[];
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

export class KvEventReader {
  /** "medium hash" of each block that is stored, with all tokens from the start of its sequence to its end, and the salt. */
  readonly stored = new Map<string, string>();
  readonly topics = new Set<string>();
  /** All that have ever occurred. */
  readonly media = new Set<string>();
  readonly salts = new Set<string>();
  /** Number of the last batch; -1 = none has come. */
  last = -1;
  /** Batches that were missed and asked for. */
  replayed = 0;
  /** What the events say that cannot be. */
  readonly problems: string[] = [];
  readonly #subscriber = new Subscriber();
  readonly #replayAddress: string;
  #reading: Promise<void> | undefined;

  constructor(address: string, replayAddress: string) {
    this.#replayAddress = replayAddress;
    this.#subscriber.connect(address);
    this.#subscriber.subscribe('');
  }

  /** Catches up with what was published before, then follows. */
  async start(): Promise<void> {
    await this.#replay();
    this.#reading = this.#follow();
  }

  /** Gets everything that was published since the last batch. */
  async #replay(): Promise<void> {
    using dealer = new ReplayDealer(this.#replayAddress);
    for await (const [number, payload] of dealer.from(this.last + 1)) {
      if (number <= this.last) continue;
      this.#apply(number, payload);
      this.replayed++;
    }
  }

  close(): Promise<void> {
    this.#subscriber.close();
    return this.#reading ?? Promise.resolve();
  }

  async #follow(): Promise<void> {
    for await (const [topic, bytes, payload] of this.#subscriber) {
      if (!topic || !bytes || !payload) continue;
      this.topics.add(topic.toString());
      const number = Number(bytes.readBigInt64BE());
      if (number > this.last + 1) await this.#replay();
      if (number > this.last) this.#apply(number, payload);
    }
  }

  #apply(number: number, payload: Buffer): void {
    const [, events] = unpack(payload) as [number, readonly WireEvent[]];
    for (const event of events) this.#read(event);
    this.last = number;
  }

  #read(event: WireEvent): void {
    if (event.type === 'AllBlocksCleared') this.stored.clear();
    else if (event.type === 'BlockRemoved') {
      for (const hash of event.block_hashes ?? []) {
        if (!this.stored.delete(`${event.medium} ${hex(hash)}`))
          this.problems.push('removed an unknown block');
      }
    } else this.#store(event);
  }

  #store({ medium, block_hashes: hashes = [], parent_block_hash: parent, ...event }: WireEvent): void {
    const { token_ids: tokens = [], block_size: size = 0, extra_keys: extra = [] } = event;
    if (tokens.length !== hashes.length * size) this.problems.push('stored blocks that are not whole');
    const salt = extra[0]?.[0] ?? '';
    this.media.add(medium ?? '');
    this.salts.add(salt);
    let before = parent ? this.stored.get(`${medium} ${hex(parent)}`) : `${salt}:`;
    if (before === undefined) {
      this.problems.push('stored a block behind an unknown one');
      return;
    }
    for (const [index, hash] of hashes.entries()) {
      const name = `${medium} ${hex(hash)}`;
      if (this.stored.has(name)) this.problems.push('stored a block twice');
      before += ` ${tokens.slice(index * size, (index + 1) * size).join(' ')}`;
      this.stored.set(name, before);
    }
  }
}

class ReplayDealer {
  readonly #dealer = new Dealer({ receiveTimeout: 30_000 });

  constructor(address: string) {
    this.#dealer.connect(address);
  }

  async *from(number: number): AsyncGenerator<readonly [number: number, payload: Buffer]> {
    const start = Buffer.alloc(8);
    start.writeBigUInt64BE(BigInt(number));
    await this.#dealer.send([Buffer.alloc(0), start]);
    for (;;) {
      const [, , bytes, payload] = await this.#dealer.receive();
      const found = Number(bytes?.readBigInt64BE());
      if (found === -1 || !payload) return;
      yield [found, payload];
    }
  }

  [Symbol.dispose](): void {
    this.#dealer.close();
  }
}

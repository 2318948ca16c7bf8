import { type Instance, isGoing } from '../instance.ts';
import {
  chargedBytes,
  type FreeMemory,
  type PoolBytes,
  type Room,
  SYSTEM_POOL,
} from '../memory/memory-pools.ts';
import type { Place } from './place.ts';

export interface LedgerLimits {
  readonly maxLoaded: number;
  /** Maximum number of bytes of system memory for all models together. */
  readonly memoryLimitBytes: number;
  /** Bytes of each GPU that models must not use. */
  readonly gpuOverheadBytes: number;
}

type Bytes = Record<string, number>;

/**
 * Room for models, now and soon. "Now" treats the whole prediction of running loads as still to be allocated. "Soon"
 * treats it as allocated already, adds what leaving instances will free, and subtracts what earlier waiting requests will
 * need, so that a later load cannot take their room.
 */
export class Ledger {
  readonly #instances: readonly Instance[];
  readonly #limits: LedgerLimits;
  readonly #gpus: FreeMemory['gpus'];
  /** Free bytes by pool, with the memory of every loaded model subtracted. */
  readonly #base: Bytes = {};
  readonly #now: Bytes;
  readonly #soon: Bytes;
  #nowCount: number;
  #soonCount: number;

  constructor(instances: readonly Instance[], limits: LedgerLimits, free: FreeMemory) {
    this.#instances = instances;
    this.#limits = limits;
    this.#gpus = free.gpus;
    this.#base[SYSTEM_POOL] = this.#systemBase(free.systemBytes);
    for (const gpu of free.gpus) {
      const loaded = instances.filter(({ state }) => state !== 'loading');
      const ours = loaded.reduce((total, { place }) => total + (place.pools[gpu.id] ?? 0), 0);
      // The figure from the driver may be older than our last load.
      this.#base[gpu.id] = Math.min(gpu.freeBytes, gpu.totalBytes - ours) - limits.gpuOverheadBytes;
    }
    const loading = instances.filter(({ state }) => state === 'loading');
    const going = instances.filter(isGoing);
    this.#now = { ...this.#base };
    this.#soon = { ...this.#base };
    // The base already subtracts the files that a load has mapped.
    for (const { place } of loading) add(this.#now, this.#unmapped(place), -1);
    for (const { place } of going) add(this.#soon, this.#charged(place.pools), 1);
    this.#nowCount = limits.maxLoaded - instances.length;
    this.#soonCount = this.#nowCount + going.length;
  }

  get now(): Room {
    const count = Math.min(this.#nowCount, this.#soonCount);
    const bytes: Bytes = {};
    for (const pool of Object.keys(this.#base)) {
      bytes[pool] = Math.min(this.#now[pool] ?? 0, this.#soon[pool] ?? 0);
    }
    return this.#room(count, bytes);
  }

  /** The room once these instances have left as well. */
  soon(victims: readonly Instance[] = []): Room {
    const bytes = { ...this.#soon };
    for (const { place } of victims) add(bytes, this.#charged(place.pools), 1);
    return this.#room(this.#soonCount + victims.length, bytes);
  }

  /** The room if only these instances were loaded. */
  emptyBut(staying: readonly Instance[]): Room {
    const bytes = { ...this.#base };
    for (const instance of this.#instances) {
      if (!staying.includes(instance)) add(bytes, this.#charged(instance.place.pools), 1);
    }
    return this.#room(this.#limits.maxLoaded - staying.length, bytes);
  }

  /** Accounts for a load that starts. */
  take(place: Place): void {
    this.#nowCount -= 1;
    add(this.#now, this.#charged(place.pools), -1);
    this.reserve(place.pools);
  }

  /** Reserves memory for a request that waits for room. */
  reserve(pools: PoolBytes): void {
    this.#soonCount -= 1;
    add(this.#soon, this.#charged(pools), -1);
  }

  /** Accounts for an instance that is going to leave. */
  free(instance: Instance): void {
    this.#soonCount += 1;
    add(this.#soon, this.#charged(instance.place.pools), 1);
  }

  /**
   * The system counts mapped files as available, but a loaded model needs them in memory. Files that a unified GPU has mapped
   * are not subtracted: Metal keeps them from being dropped while it uses them, so they do not count as available.
   */
  #systemBase(availableBytes: number): number {
    const used = ({ place }: Instance): number => this.#charged(place.pools)[SYSTEM_POOL] ?? 0;
    const mapped = this.#instances.reduce((total, { place }) => total + place.mappedBytes, 0);
    const ours = this.#instances.reduce((total, instance) => total + used(instance), 0);
    return Math.min(availableBytes - mapped, this.#limits.memoryLimitBytes - ours);
  }

  #room(count: number, bytes: Bytes): Room {
    const systemBytes = bytes[SYSTEM_POOL] ?? 0;
    const gpus = this.#gpus.map((gpu) => {
      const freeBytes = Math.min(gpu.totalBytes, bytes[gpu.id] ?? 0);
      return { ...gpu, freeBytes: gpu.isUnified ? Math.min(freeBytes, systemBytes) : freeBytes };
    });
    return { count, systemBytes, gpus };
  }

  #charged(pools: PoolBytes): PoolBytes {
    return chargedBytes(pools, this.#gpus);
  }

  #unmapped(place: Place): PoolBytes {
    const pools = this.#charged(place.pools);
    return { ...pools, [SYSTEM_POOL]: (pools[SYSTEM_POOL] ?? 0) - place.mappedBytes };
  }
}

function add(bytes: Bytes, pools: PoolBytes, sign: 1 | -1): void {
  for (const [pool, amount] of Object.entries(pools)) bytes[pool] = (bytes[pool] ?? 0) + sign * amount;
}

import type { Instance } from './instance.ts';

interface Room {
  /** How many more models may be loaded. */
  count: number;
  bytes: number;
}

/**
 * Room for models, now and in the near future. "Now" counts the whole prediction of running loads as still to be
 * taken. "Soon" counts them as taken already, adds what leaving instances will give back, and subtracts what earlier
 * waiting requests are going to need, so that a later load cannot take their place.
 */
export class Ledger {
  readonly #now: Room;
  readonly #soon: Room;
  /** Bytes that would be free with no model loaded at all. */
  readonly capacity: number;

  constructor(instances: readonly Instance[], maxLoaded: number, availableBytes: number) {
    const sum = (chosen: readonly Instance[]) => chosen.reduce((total, { bytes }) => total + bytes, 0);
    const mapped = (chosen: readonly Instance[]) =>
      chosen.reduce((total, { target }) => total + target.mappedBytes, 0);
    // The system counts mapped files as available, but a model that is in use needs them in memory.
    const unmappedBytes = availableBytes - mapped(instances);
    const going = instances.filter((instance) => instance.state === 'stopping' || instance.leaving);
    const loading = instances.filter((instance) => instance.state === 'loading');
    this.#now = {
      count: maxLoaded - instances.length,
      bytes: unmappedBytes - sum(loading) + mapped(loading),
    };
    this.#soon = {
      count: maxLoaded - instances.length + going.length,
      bytes: unmappedBytes + sum(going),
    };
    this.capacity = unmappedBytes + sum(instances);
  }

  fitsNow(bytes: number): boolean {
    return this.#now.count > 0 && this.#now.bytes >= bytes && this.fitsSoon(bytes);
  }

  /** True when the bytes fit after these instances, too, have left. */
  fitsSoon(bytes: number, victims: readonly Instance[] = []): boolean {
    const freed = victims.reduce((total, victim) => total + victim.bytes, 0);
    return this.#soon.count + victims.length > 0 && this.#soon.bytes + freed >= bytes;
  }

  /** A load starts. */
  take(bytes: number): void {
    this.#now.count -= 1;
    this.#now.bytes -= bytes;
    this.reserve(bytes);
  }

  /** A request waits for room. */
  reserve(bytes: number): void {
    this.#soon.count -= 1;
    this.#soon.bytes -= bytes;
  }

  /** An instance is going to leave. */
  free(instance: Instance): void {
    this.#soon.count += 1;
    this.#soon.bytes += instance.bytes;
  }
}

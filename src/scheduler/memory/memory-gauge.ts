import { freemem } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import { parseVmStat, runVmStat } from '../../platform/vm-stat.ts';
import { availableMemoryBytes } from './system-memory.ts';

/** Measures the available memory. On macOS a program does, so the figure is that of the last measurement. */
export interface MemoryGauge {
  availableBytes(): number;
  /**
   * Measures again. Never rejects.
   * @param maxAgeMs keep the last measurement if it is at most this old, in milliseconds
   * @returns undefined where each reading is a measurement
   */
  refresh(maxAgeMs?: number): Promise<void> | undefined;
}

export function createMemoryGauge(
  clock: Pick<Clock, 'now'>,
  platform: string = process.platform,
  vmStat: () => Promise<string> = runVmStat,
): MemoryGauge {
  if (platform === 'darwin') return new VmStatGauge(clock, vmStat);
  // Windows counts cached pages as free.
  const availableBytes = platform === 'win32' ? freemem : () => availableMemoryBytes();
  return { availableBytes, refresh: () => undefined };
}

class VmStatGauge implements MemoryGauge {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #vmStat: () => Promise<string>;
  #bytes: number | undefined;
  /** When the last measurement began, in milliseconds of the clock. */
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>, vmStat: () => Promise<string>) {
    this.#clock = clock;
    this.#vmStat = vmStat;
  }

  availableBytes(): number {
    return this.#bytes ?? availableMemoryBytes();
  }

  async refresh(maxAgeMs = 0): Promise<void> {
    const startedAt = this.#clock.now();
    if (maxAgeMs > 0 && startedAt - this.#measuredAt <= maxAgeMs) return;
    const bytes = parseVmStat(await this.#vmStat());
    // A measurement that began later may have ended sooner.
    if (bytes === undefined || startedAt < this.#measuredAt) return;
    this.#bytes = bytes;
    this.#measuredAt = startedAt;
  }
}

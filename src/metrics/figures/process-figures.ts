import { readdirSync, readFileSync } from 'node:fs';

/** What is known of this process; numbers that the system does not tell are undefined. */
export interface ProcessFigures {
  /** Seconds of processor time, in the program and in the system. */
  readonly cpuSeconds: number;
  /** Seconds since 1970. */
  readonly startedAt: number;
  readonly residentBytes: number;
  readonly openFiles: number | undefined;
  readonly maxFiles: number | undefined;
}

const MICROSECONDS = 1e6;
const startedAt = Math.round(Date.now() / 1000 - process.uptime());

export function processFigures(): ProcessFigures {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / MICROSECONDS,
    startedAt,
    residentBytes: process.memoryUsage.rss(),
    openFiles: unlessFailing(() => readdirSync('/proc/self/fd').length),
    maxFiles: unlessFailing(() => {
      const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
      return limit === undefined ? undefined : Number(limit);
    }),
  };
}

/** Only Linux has these files. */
function unlessFailing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

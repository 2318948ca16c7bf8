import type { DecodeTime } from './thread-governor.ts';

const MICROSECONDS_PER_MILLISECOND = 1000;

/** Starts to measure. @returns a function that returns the time since then */
export function startTime(): () => DecodeTime {
  const startedAt = performance.now();
  const startedWith = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(startedWith);
    return {
      wallMs: performance.now() - startedAt,
      cpuMs: (user + system) / MICROSECONDS_PER_MILLISECOND,
    };
  };
}

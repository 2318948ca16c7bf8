import type { WorkMeter } from '../../base/work-meter.ts';

/** Joins texts, after the meter has allowed the length of the result. @throws OverLimit */
export function joined(parts: readonly string[], separator: string, meter: WorkMeter): string {
  const separators = Math.max(parts.length - 1, 0) * separator.length;
  meter.write(parts.reduce((length, part) => length + part.length, separators));
  return parts.join(separator);
}

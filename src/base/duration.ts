import { OllamaError } from './errors.ts';

const millisecondsByUnit: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const durationPart = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Parses a duration in the syntax of Go's `time.ParseDuration` ("1h30m", "-1.5s", "0").
 * @returns milliseconds
 * @throws OllamaError `invalid-request` with Go's wording
 */
export function parseDuration(text: string): number {
  const refuse = (reason: string) =>
    new OllamaError('invalid-request', `time: ${reason} ${JSON.stringify(text)}`);
  const sign = text.startsWith('-') ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  if (body === '') throw refuse('invalid duration');
  let total = 0;
  durationPart.lastIndex = 0;
  while (durationPart.lastIndex < body.length) {
    const start = durationPart.lastIndex;
    const match = durationPart.exec(body);
    if (!match) {
      throw refuse(
        /^(\d+\.?\d*|\.\d+)$/.test(body.slice(start)) ? 'missing unit in duration' : 'invalid duration',
      );
    }
    total += Number(match[1]) * (millisecondsByUnit[match[2] ?? ''] ?? 0);
  }
  return sign * total;
}

/** Prints milliseconds as Go prints a `time.Duration`: "1h2m3.5s", "1.5ms", "0s". */
export function formatDuration(duration: number): string {
  // Round to whole nanoseconds first, so that 59.9999999999 s is not printed as "60s".
  const milliseconds = Math.round(duration * 1e6) / 1e6;
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds === 0) return '0s';
  const trim = (value: number, digits: number) => String(Number(value.toFixed(digits)));
  if (milliseconds < 1e-3) return `${Math.round(milliseconds * 1e6)}ns`;
  if (milliseconds < 1) return `${trim(milliseconds * 1e3, 3)}µs`;
  if (milliseconds < 1000) return `${trim(milliseconds, 6)}ms`;
  const totalSeconds = milliseconds / 1000;
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor((totalSeconds % 3600) / 60);
  const seconds = `${trim(totalSeconds % 60, 9)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** How fast models answered in this browser. */
import { stored } from '../app/stored.ts';
import { type Speeds, withSpeed } from './speed-notes.ts';

const isSpeeds = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((one: unknown) => typeof (one as { rate?: unknown } | null)?.rate === 'number');

/** By the full name of the model. */
export const speeds = stored<Speeds>('speeds', {}, isSpeeds);

/** Notes how fast an answer was. @param nanoseconds of its decode */
export function noteSpeed(model: string, tokens: number, nanoseconds: number): void {
  speeds.value = withSpeed(speeds.value, { model, tokens, nanoseconds, now: Date.now() });
}

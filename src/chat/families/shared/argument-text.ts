import { jsonText } from './json-text.ts';

/** A call's argument between tags: strings as they are, all else as JSON. */
export function argumentText(value: unknown): string {
  return typeof value === 'string' ? value : jsonText(value);
}

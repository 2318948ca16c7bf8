import { OverLimit, type WorkMeter } from '../../base/work-meter.ts';
import { COPIES, MAX_SEARCH, REPLACEMENTS_PER_STEP, SHORT_PATTERN } from '../limits.ts';

/** @throws OverLimit if finding the pattern in the text can take long */
function beforeSearch(text: string, pattern: string, meter: WorkMeter): void {
  meter.read(text.length * COPIES);
  if (pattern.length <= SHORT_PATTERN || pattern.length > text.length) return;
  if (text.length * pattern.length > MAX_SEARCH) {
    throw new OverLimit(`it searches ${text.length} characters for a text of ${pattern.length} characters`);
  }
}

/** @returns the index of the first match from an index on; -1 if there is none @throws OverLimit */
export function find(text: string, pattern: string, from: number, meter: WorkMeter): number {
  beforeSearch(text, pattern, meter);
  return text.indexOf(pattern, from);
}

/** @returns the index of the last match; -1 if there is none @throws OverLimit */
export function findLast(text: string, pattern: string, meter: WorkMeter): number {
  beforeSearch(text, pattern, meter);
  return text.lastIndexOf(pattern);
}

/** The number of matches that do not overlap; the pattern is not empty. @throws OverLimit */
export function countMatches(text: string, pattern: string, meter: WorkMeter): number {
  beforeSearch(text, pattern, meter);
  let count = 0;
  for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + pattern.length)) count++;
  meter.step(Math.ceil(count / REPLACEMENTS_PER_STEP));
  return count;
}

/** Python's `text.replace`. @param limit Infinity to replace all @throws OverLimit */
export function replace(text: string, old: string, by: string, limit: number, meter: WorkMeter): string {
  const between = old === '';
  const count = Math.min(between ? text.length + 1 : countMatches(text, old, meter), limit);
  if (count <= 0) return text;
  meter.step(Math.ceil(count / REPLACEMENTS_PER_STEP));
  meter.write(text.length + count * Math.max(by.length - old.length, 0));
  if (between) return insertBetween(text, by, limit);
  if (count === limit) return replaceFirst(text, old, by, count);
  return text.replaceAll(old, () => by);
}

/** Before each character and at the end. */
function insertBetween(text: string, by: string, limit: number): string {
  const characters = Array.from(text);
  const parts = characters.map((character, index) => (index < limit ? by + character : character));
  if (characters.length < limit) parts.push(by);
  return parts.join('');
}

function replaceFirst(text: string, old: string, by: string, count: number): string {
  const parts: string[] = [];
  let from = 0;
  for (let done = 0; done < count; done++) {
    const at = text.indexOf(old, from);
    if (at < 0) break;
    parts.push(text.slice(from, at), by);
    from = at + old.length;
  }
  parts.push(text.slice(from));
  return parts.join('');
}

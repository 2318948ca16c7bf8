import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { COPIES, ELEMENT_BYTES } from '../limits.ts';
import { isSpace } from '../parse/white-space.ts';
import type { Value } from '../values/value.ts';
import { textArgument } from './arguments.ts';
import { countMatches } from './search.ts';

/** @throws JinjaError for an empty separator */
function separatorOf(value: Value): string {
  const separator = textArgument(value, 'sep');
  if (separator === '') throw new JinjaError('empty separator');
  return separator;
}

/** Python's split. @param separator null for runs of white space @param limit of the cuts @throws OverLimit */
export function splitText(text: string, separator: Value, limit: number, meter: WorkMeter): string[] {
  if (separator === null) return words(text, limit, meter);
  const by = separatorOf(separator);
  meter.allocate((countMatches(text, by, meter) + 1) * ELEMENT_BYTES);
  const parts = text.split(by);
  if (parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(by)];
}

/** Python's rsplit: cuts from the end. @throws OverLimit */
export function splitLast(text: string, separator: Value, limit: number, meter: WorkMeter): string[] {
  if (separator === null) return lastWords(text, limit, meter);
  const by = separatorOf(separator);
  if (limit === Number.POSITIVE_INFINITY && by.length === 1) return splitText(text, separator, limit, meter);
  meter.allocate((countMatches(text, by, meter) + 1) * ELEMENT_BYTES);
  const parts: string[] = [];
  let end = text.length;
  while (parts.length < limit && end > 0) {
    const at = text.lastIndexOf(by, end - by.length);
    if (at < 0 || end - by.length < 0) break;
    parts.unshift(text.slice(at + by.length, end));
    end = at;
  }
  return [text.slice(0, end), ...parts];
}

function words(text: string, limit: number, meter: WorkMeter): string[] {
  meter.read(text.length * COPIES);
  const found: string[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(text[at])) at++;
    if (at >= text.length) return found;
    meter.allocate(ELEMENT_BYTES);
    if (found.length >= limit) {
      // What remains keeps its white space.
      found.push(text.slice(at));
      return found;
    }
    let end = at;
    while (end < text.length && !isSpace(text[end])) end++;
    found.push(text.slice(at, end));
    at = end;
  }
}

function lastWords(text: string, limit: number, meter: WorkMeter): string[] {
  meter.read(text.length * COPIES);
  const found: string[] = [];
  let end = text.length;
  for (;;) {
    while (isSpace(text[end - 1])) end--;
    if (end <= 0) break;
    meter.allocate(ELEMENT_BYTES);
    if (found.length >= limit) {
      found.push(text.slice(0, end));
      break;
    }
    let at = end;
    while (at > 0 && !isSpace(text[at - 1])) at--;
    found.push(text.slice(at, end));
    end = at;
  }
  return found.reverse();
}

const separators = '\u001c\u001d\u001e\u0085\u2028\u2029';
const lineEnds = new RegExp(`\\r\\n|[\\n\\r\\v\\f${separators}]`, 'g');

/** Python's splitlines, which knows more line ends than others. @throws OverLimit */
export function splitLines(text: string, keepsEnds: boolean, meter: WorkMeter): string[] {
  meter.read(text.length * COPIES);
  const lines: string[] = [];
  let from = 0;
  lineEnds.lastIndex = 0;
  for (let found = lineEnds.exec(text); found; found = lineEnds.exec(text)) {
    meter.allocate(ELEMENT_BYTES);
    lines.push(text.slice(from, keepsEnds ? lineEnds.lastIndex : found.index));
    from = lineEnds.lastIndex;
  }
  if (from < text.length) lines.push(text.slice(from));
  return lines;
}

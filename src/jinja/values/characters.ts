/** Texts by code point, as Python counts; JavaScript counts units of UTF-16. */
import type { WorkMeter } from '../../base/work-meter.ts';
import { SPLIT_CHARACTER_BYTES } from '../limits.ts';

const pair = /[\ud800-\udbff][\udc00-\udfff]/;
const pairs = /[\ud800-\udbff][\udc00-\udfff]/g;

/** Whether the text has characters of two units. */
function hasPairs(text: string, meter: WorkMeter): boolean {
  meter.read(text.length);
  return pair.test(text);
}

export function codePointLength(text: string, meter: WorkMeter): number {
  if (!hasPairs(text, meter)) return text.length;
  meter.ensure(text.length * SPLIT_CHARACTER_BYTES);
  meter.read(text.length * 4);
  return text.length - (text.match(pairs)?.length ?? 0);
}

/** The text itself if each of its characters is one unit; otherwise its characters. @throws OverLimit */
export function indexable(text: string, meter: WorkMeter): string | string[] {
  return hasPairs(text, meter) ? characters(text, meter) : text;
}

/** @throws OverLimit */
export function characters(text: string, meter: WorkMeter): string[] {
  meter.ensure(text.length * SPLIT_CHARACTER_BYTES);
  meter.read(text.length * SPLIT_CHARACTER_BYTES);
  return Array.from(text);
}

/** The index by code points of an index by units. */
export function codePointIndex(text: string, index: number, meter: WorkMeter): number {
  return index < 0 ? index : codePointLength(text.slice(0, index), meter);
}

const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;
const UNITS = 0x10000;

/** The order of code points: negative, 0 or positive. */
export function compareText(left: string, right: string, meter: WorkMeter): number {
  const length = Math.min(left.length, right.length);
  meter.read(length);
  for (let at = 0; at < length; at++) {
    const [one, two] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (one !== two) return orderOf(one) - orderOf(two);
  }
  return left.length - right.length;
}

/** Surrogates stand for characters above all others, although higher units follow them. */
function orderOf(unit: number): number {
  return unit >= FIRST_SURROGATE && unit <= LAST_SURROGATE ? unit + UNITS : unit;
}

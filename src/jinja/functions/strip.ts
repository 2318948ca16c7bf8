import type { WorkMeter } from '../../base/work-meter.ts';
import { SPLIT_CHARACTER_BYTES } from '../limits.ts';
import { isSpace } from '../parse/white-space.ts';

/** The characters to remove, each once. @throws OverLimit */
export function removable(characters: string, meter: WorkMeter): ReadonlySet<string> {
  meter.ensure(characters.length * SPLIT_CHARACTER_BYTES);
  meter.read(characters.length * SPLIT_CHARACTER_BYTES);
  return new Set(characters);
}

/** Removes characters from the ends of a text; white space if none are named. */
export function stripped(
  text: string,
  removed: ReadonlySet<string> | undefined,
  ends: 'both' | 'left' | 'right',
): string {
  const isRemoved = removed ? (character: string) => removed.has(character) : isSpace;
  let start = 0;
  let end = text.length;
  if (ends !== 'right') {
    for (
      let next = characterAt(text, start);
      start < end && isRemoved(next);
      next = characterAt(text, start)
    ) {
      start += next.length;
    }
  }
  if (ends !== 'left') {
    for (
      let last = characterBefore(text, end);
      end > start && isRemoved(last);
      last = characterBefore(text, end)
    ) {
      end -= last.length;
    }
  }
  return text.slice(start, end);
}

function characterAt(text: string, index: number): string {
  const code = text.codePointAt(index);
  return code === undefined ? '' : String.fromCodePoint(code);
}

function characterBefore(text: string, end: number): string {
  const last = text[end - 1] ?? '';
  const pair = text.slice(end - 2, end);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair) ? pair : last;
}

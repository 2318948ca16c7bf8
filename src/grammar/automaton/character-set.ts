/** Code points as sorted, inclusive ranges that neither overlap nor touch. */
export type CharacterSet = readonly CharacterRange[];
export type CharacterRange = readonly [first: number, last: number];

const LAST_CODE_POINT = 0x10ffff;

/** Every code point that UTF-8 can encode: all except the surrogates. */
export const anyCharacter: CharacterSet = [
  [0, 0xd7ff],
  [0xe000, LAST_CODE_POINT],
];

export function single(codePoint: number): CharacterSet {
  return [[codePoint, codePoint]];
}

/** The set of a string's code points. */
export function charactersOf(text: string): CharacterSet {
  return union(Array.from(text, (character) => single(character.codePointAt(0) ?? 0)));
}

export function union(sets: readonly CharacterSet[]): CharacterSet {
  const ranges = sets.flat().sort((left, right) => left[0] - right[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of ranges) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** Everything in `anyCharacter` that is not in the set. */
export function complement(set: CharacterSet): CharacterSet {
  const gaps: CharacterRange[] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST_CODE_POINT) gaps.push([next, LAST_CODE_POINT]);
  return intersection(gaps, anyCharacter);
}

export function intersection(left: CharacterSet, right: CharacterSet): CharacterSet {
  const common: CharacterRange[] = [];
  let [leftIndex, rightIndex] = [0, 0];
  for (;;) {
    const [one, other] = [left[leftIndex], right[rightIndex]];
    if (one === undefined || other === undefined) return common;
    const first = Math.max(one[0], other[0]);
    const last = Math.min(one[1], other[1]);
    if (first <= last) common.push([first, last]);
    if (one[1] < other[1]) leftIndex++;
    else rightIndex++;
  }
}

export function contains(set: CharacterSet, codePoint: number): boolean {
  return set.some(([first, last]) => first <= codePoint && codePoint <= last);
}

import { COPIES } from '../../limits.ts';
import { isSpace } from '../../parse/white-space.ts';
import type { Rendering } from '../../values/callable.ts';
import type { Value } from '../../values/value.ts';
import { textArgument } from '../arguments.ts';

type TextTest = readonly [
  parameters: string,
  body: (values: readonly (Value | undefined)[], rendering: Rendering) => boolean,
];

function tested(holds: (text: string) => boolean): TextTest {
  return [
    '/',
    ([self], { meter }) => {
      const text = textArgument(self, 'self');
      meter.read(text.length * COPIES);
      return holds(text);
    },
  ];
}

const matched = (pattern: RegExp) => tested((text) => pattern.test(text));

/** Whether a text has letters of one case only, and at least one. */
export function isLower(text: string): boolean {
  return /\p{Lowercase}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text);
}

export function isUpper(text: string): boolean {
  return /\p{Uppercase}/u.test(text) && !/[\p{Ll}\p{Lt}]/u.test(text);
}

/** Upper case after what has no case, and lower case after what has one. */
function isTitle(text: string): boolean {
  let isCased = false;
  let found = false;
  for (const character of text) {
    const isCapital = /[\p{Lu}\p{Lt}]/u.test(character);
    if (isCapital === isCased && (isCapital || /\p{Ll}/u.test(character))) return false;
    isCased = isCapital || /\p{Ll}/u.test(character);
    found ||= isCased;
  }
  return found;
}

export const textTests: Readonly<Record<string, TextTest>> = {
  isalpha: matched(/^\p{L}+$/u),
  isdigit: matched(/^\p{Nd}+$/u),
  isdecimal: matched(/^\p{Nd}+$/u),
  isnumeric: matched(/^\p{N}+$/u),
  isalnum: matched(/^[\p{L}\p{N}]+$/u),
  isspace: tested((text) => text !== '' && Array.from(text).every(isSpace)),
  islower: tested(isLower),
  isupper: tested(isUpper),
  istitle: tested(isTitle),
  isascii: tested((text) => !/[^\0-\x7f]/.test(text)),
  isidentifier: matched(/^[\p{L}\p{Nl}_][\p{L}\p{N}\p{M}\p{Pc}]*$/u),
  isprintable: tested((text) => !/[\p{C}\p{Z}]/u.test(text.replaceAll(' ', ''))),
};

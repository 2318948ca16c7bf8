import { wordEnd } from './characters.ts';

const hexadecimal = String.raw`0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?`;
const octal = String.raw`0[oO][0-7_]*(?:\.[0-7_]*)?`;
const binary = String.raw`0[bB][01_]*(?:\.[01_]*)?`;
const decimal = String.raw`[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?`;
const numberPattern = new RegExp(`[+-]?(?:${hexadecimal}|${octal}|${binary}|${decimal})i?`, 'y');

interface NumberScan {
  readonly end: number;
  readonly isComplex: boolean;
  readonly isValid: boolean;
}

/** Finds the end of a text that looks like a number; the parser later checks that it is one. */
export function scanNumber(text: string, start: number): NumberScan {
  const end = simpleEnd(text, start);
  if (wordEnd(text, end) > end) return { end: wordEnd(text, end), isComplex: false, isValid: false };
  if (text[end] !== '+' && text[end] !== '-') return { end, isComplex: false, isValid: true };
  const whole = simpleEnd(text, end);
  const isValid = wordEnd(text, whole) === whole && text[whole - 1] === 'i';
  return { end: whole, isComplex: true, isValid };
}

function simpleEnd(text: string, start: number): number {
  numberPattern.lastIndex = start;
  numberPattern.exec(text);
  return numberPattern.lastIndex;
}

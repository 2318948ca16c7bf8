/** Prints rules as GBNF (llama.cpp, grammars/README.md). */
import type { CharacterSet } from '../automaton/character-set.ts';
import type { Expression } from './expression.ts';

export function grammarText(rules: ReadonlyMap<string, Expression>): string {
  return [...rules].map(([name, body]) => `${name} ::= ${print(body, true)}\n`).join('');
}

function print(expression: Expression, isWholeRule = false): string {
  switch (expression.kind) {
    case 'text':
      return `"${Array.from(expression.text, escapeCharacter).join('')}"`;
    case 'characters':
      return printSet(expression.set);
    case 'rule':
      return expression.name;
    case 'sequence':
      return expression.parts.length === 0 ? '""' : expression.parts.map((part) => print(part)).join(' ');
    case 'choice': {
      const options = expression.options.map((option) => print(option)).join(' | ');
      return isWholeRule ? options : `(${options})`;
    }
    case 'repeat':
      return print(expression.part) + printCount(expression.minimum, expression.maximum);
  }
}

function printCount(minimum: number, maximum: number): string {
  if (minimum === 0 && maximum === 1) return '?';
  if (minimum === maximum) return `{${minimum}}`;
  if (Number.isFinite(maximum)) return `{${minimum},${maximum}}`;
  if (minimum === 0) return '*';
  return minimum === 1 ? '+' : `{${minimum},}`;
}

function printSet(set: CharacterSet): string {
  const ranges = set.map(([first, last]) =>
    first === last ? escapeCodePoint(first) : `${escapeCodePoint(first)}-${escapeCodePoint(last)}`,
  );
  return `[${ranges.join('')}]`;
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  const codePoint = character.codePointAt(0) ?? 0;
  return codePoint >= 0x20 && codePoint < 0x7f ? character : escapeCodePoint(codePoint);
}

function escapeCodePoint(codePoint: number): string {
  const character = String.fromCodePoint(codePoint);
  if (/[0-9A-Za-z _.,:;/+@]/.test(character)) return character;
  const hex = codePoint.toString(16).toUpperCase();
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

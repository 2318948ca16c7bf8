import { type Automaton, everything, lengthAutomaton, trim } from '../automaton/automaton.ts';
import { intersectionOf } from '../automaton/product.ts';
import { type Expression, never, sequence } from '../gbnf/expression.ts';
import { stringRule } from './automaton-rules.ts';
import type { Scope } from './compiler.ts';
import { pathTo, refusal } from './refusal.ts';
import { type Source, strictest, textKeyword } from './source.ts';
import { annotatingFormats, formatPattern, refusedFormats } from './string-formats.ts';

/** Compiles a string that satisfies all the schemas, including its quotes. */
export function compileString(sources: readonly Source[], hint: string, scope: Scope): Expression {
  const { book, json } = scope;
  const { minimum, maximum } = strictest(sources, ['minLength', 'maxLength']);
  if (minimum > maximum) return never;
  if (patternsOf(sources).length === 0) {
    if (minimum === 0 && maximum === Infinity) return json.string();
    return sequence('"', book.repeat(json.character(), minimum, maximum), '"');
  }
  const automaton = trim(stringAutomaton(sources, scope));
  return automaton === undefined ? never : sequence('"', stringRule(automaton, { hint, book, json }));
}

/** Accepts the strings that satisfy all the schemas, unescaped and without quotes. */
export function stringAutomaton(sources: readonly Source[], { budget, patterns }: Scope): Automaton {
  const spend = (steps: number) => budget.spend('steps', steps);
  const { minimum, maximum } = strictest(sources, ['minLength', 'maxLength']);
  let automaton = everything;
  for (const { pattern, path } of patternsOf(sources)) {
    const next = patterns.automaton(pattern, path);
    automaton = automaton === everything ? next : intersectionOf(automaton, next, spend);
  }
  if (minimum === 0 && maximum === Infinity) return automaton;
  return intersectionOf(automaton, lengthAutomaton(minimum, maximum, spend), spend);
}

/**
 * A pattern says what the texts of an unknown format are: libraries such as zod add formats of their own to patterns.
 * @throws OllamaError `invalid-request` for a format that cannot be honoured
 */
function requireFormat(format: string, path: string, hasPattern: boolean): void {
  if (refusedFormats.has(format))
    throw refusal(path, `is "${format}", which is not supported; remove it or use a pattern`);
  if (hasPattern || formatPattern(format) !== undefined || annotatingFormats.has(format)) return;
  throw refusal(path, `is "${format}", which is not a known string format; remove it or use a pattern`);
}

function patternsOf(sources: readonly Source[]): { pattern: string; path: string }[] {
  return sources.flatMap((source) => {
    const pattern = textKeyword(source, 'pattern');
    const format = textKeyword(source, 'format');
    const formatPath = pathTo(source.path, 'format');
    const ofFormat = format === undefined ? undefined : formatPattern(format);
    if (format !== undefined) requireFormat(format, formatPath, pattern !== undefined);
    return [
      ...(ofFormat === undefined ? [] : [{ pattern: ofFormat, path: formatPath }]),
      ...(pattern === undefined ? [] : [{ pattern, path: pathTo(source.path, 'pattern') }]),
    ];
  });
}

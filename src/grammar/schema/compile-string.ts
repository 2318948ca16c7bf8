import { type Automaton, everything, lengthAutomaton, trim } from '../automaton/automaton.ts';
import { intersectionOf } from '../automaton/product.ts';
import { type Expression, never, sequence } from '../gbnf/expression.ts';
import { stringRule } from './automaton-rules.ts';
import type { Scope } from './compiler.ts';
import { pathTo, refusal } from './refusal.ts';
import { has, MAX_COUNT, type Source, strictest, textKeyword } from './source.ts';
import { annotatingFormats, formatPattern, refusedFormats } from './string-formats.ts';

/** States that counting the characters of a pattern may take; each becomes a rule, of which a grammar has 5000. */
const MAX_COUNTED_STATES = 4000;

/** Compiles a string that satisfies all the schemas, including its quotes. */
export function compileString(sources: readonly Source[], hint: string, scope: Scope): Expression {
  const { book, json, counting } = scope;
  const { minimum, maximum } = strictest(sources, lengths, counting);
  if (minimum > maximum) return never;
  if (patternsOf(sources).length === 0) {
    if (minimum === 0 && maximum === Infinity) return json.string();
    return sequence('"', book.repeat(json.character(), minimum, maximum), '"');
  }
  const automaton = trim(countedAutomaton(sources, { minimum, maximum }, scope));
  return automaton === undefined ? never : sequence('"', stringRule(automaton, { hint, book, json }));
}

const lengths = ['minLength', 'maxLength'] as const;

/** Accepts exactly the strings that satisfy all the schemas, unescaped and without quotes. */
export function exactStringAutomaton(sources: readonly Source[], scope: Scope): Automaton {
  const bounds = strictest(sources, lengths, { limit: MAX_COUNT, leftOut: new Set() });
  return withLength(patternAutomaton(sources, scope), bounds, scope);
}

interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

/** Leaves the upper bound to the model if counting would multiply the states of the pattern by too much. */
function countedAutomaton(sources: readonly Source[], bounds: Bounds, scope: Scope): Automaton {
  const automaton = patternAutomaton(sources, scope);
  const { minimum, maximum } = bounds;
  if (maximum === Infinity || automaton.length * (maximum + 1) <= MAX_COUNTED_STATES)
    return withLength(automaton, bounds, scope);
  const bounded = sources.filter((source) => has(source, 'maxLength'));
  for (const { path } of bounded) scope.counting.leftOut.add(pathTo(path, 'maxLength'));
  return withLength(automaton, { minimum, maximum: Infinity }, scope);
}

function withLength(automaton: Automaton, { minimum, maximum }: Bounds, { budget }: Scope): Automaton {
  if (minimum === 0 && maximum === Infinity) return automaton;
  const spend = (steps: number) => budget.spend('steps', steps);
  return intersectionOf(automaton, lengthAutomaton(minimum, maximum, spend), spend);
}

/** Accepts the strings that satisfy all patterns and formats of the schemas. */
function patternAutomaton(sources: readonly Source[], { budget, patterns }: Scope): Automaton {
  let automaton = everything;
  for (const { pattern, path } of patternsOf(sources)) {
    const next = patterns.automaton(pattern, path);
    const spend = (steps: number) => budget.spend('steps', steps);
    automaton = automaton === everything ? next : intersectionOf(automaton, next, spend);
  }
  return automaton;
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

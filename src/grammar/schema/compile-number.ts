import { trim } from '../automaton/automaton.ts';
import { minimise } from '../automaton/minimise.ts';
import { type Expression, never } from '../gbnf/expression.ts';
import { textRule } from './automaton-rules.ts';
import type { Scope } from './compiler.ts';
import { type Bound, type NumberRange, numberAutomaton } from './number-automaton.ts';
import { pathTo, refusal } from './refusal.ts';
import type { Kinds } from './schema-types.ts';
import { numberKeyword, type Source, textKeyword } from './source.ts';
import { integerFormats } from './string-formats.ts';

/** Compiles a number that satisfies all the schemas. @param kinds `integer`, and `fraction` if fractions are allowed */
export function compileNumber(
  sources: readonly Source[],
  kinds: Kinds,
  { hint, scope }: { hint: string; scope: Scope },
): Expression {
  const range = rangeOf(sources, kinds);
  const { book, json, budget } = scope;
  if (range.lower === undefined && range.upper === undefined)
    return range.integer ? json.integer() : json.number();
  const spend = (steps: number) => budget.spend('steps', steps);
  const automaton = trim(numberAutomaton(range, spend));
  return automaton === undefined ? never : textRule(minimise(automaton, spend), { hint, book });
}

export function isNumberAllowed(value: number, sources: readonly Source[], kinds: Kinds): boolean {
  const { lower, upper, integer } = rangeOf(sources, kinds);
  return (
    (!integer || Number.isInteger(value)) &&
    (lower === undefined || value > lower.value || (value === lower.value && !lower.exclusive)) &&
    (upper === undefined || value < upper.value || (value === upper.value && !upper.exclusive))
  );
}

function rangeOf(sources: readonly Source[], kinds: Kinds): NumberRange {
  const formats = sources.flatMap((source) => integerFormats.get(textKeyword(source, 'format') ?? '') ?? []);
  const steps = sources.map(stepOf);
  const integer = !kinds.has('fraction') || formats.length > 0 || steps.includes(1);
  const lower = [
    ...bounds(sources, 'minimum', 'exclusiveMinimum'),
    ...formats.filter((bound) => bound < 0).map(inclusive),
  ];
  const upper = [
    ...bounds(sources, 'maximum', 'exclusiveMaximum'),
    ...formats.filter((bound) => bound > 0).map(inclusive),
  ];
  return {
    integer,
    lower: lower.sort(
      (left, right) => right.value - left.value || Number(right.exclusive) - Number(left.exclusive),
    )[0],
    upper: upper.sort(
      (left, right) => left.value - right.value || Number(right.exclusive) - Number(left.exclusive),
    )[0],
  };
}

function inclusive(value: number): Bound {
  return { value, exclusive: false };
}

function bounds(sources: readonly Source[], including: string, excluding: string): Bound[] {
  return sources.flatMap((source) => {
    const [value, other] = [numberKeyword(source, including), numberKeyword(source, excluding)];
    return [
      ...(value === undefined ? [] : [inclusive(value)]),
      ...(other === undefined ? [] : [{ value: other, exclusive: true }]),
    ];
  });
}

/** The only supported value of `multipleOf` is 1, which means an integer. */
function stepOf(source: Source): number | undefined {
  const step = numberKeyword(source, 'multipleOf');
  if (step === undefined || step === 1) return step;
  throw refusal(
    pathTo(source.path, 'multipleOf'),
    'is supported only with the value 1; remove it or list the values in an enum',
  );
}

import type { WorkMeter } from '../../base/work-meter.ts';
import { isTrue, type Result, typeName } from '../kinds.ts';
import { sprint, sprintln } from '../print/print.ts';
import { sprintf } from '../print/printf.ts';
import { GoObject } from '../value.ts';
import { indexed, lengthOf, sliced } from './collections.ts';
import { isEqual, isLess, isLessOrEqual } from './comparison.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escaping.ts';
import { FunctionError, type TemplateFunction } from './function.ts';
import { encodeJson } from './json.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The functions of Go's templates and those that Ollama adds. */
export function createFunctions(now: () => Date): ReadonlyMap<string, TemplateFunction> {
  const any = Number.POSITIVE_INFINITY;
  const one = (call: (value: Result, meter: WorkMeter) => Result): TemplateFunction => ({
    minimum: 1,
    maximum: 1,
    call: ([value], meter) => call(value, meter),
  });
  const two = (call: (left: Result, right: Result, meter: WorkMeter) => Result): TemplateFunction => ({
    minimum: 2,
    maximum: 2,
    call: ([left, right], meter) => call(left, right, meter),
  });
  const several = (minimum: number, call: TemplateFunction['call']): TemplateFunction => ({
    minimum,
    maximum: any,
    call,
  });
  const date = (time: () => number): TemplateFunction => ({
    minimum: 0,
    maximum: any,
    strings: any,
    call: () => dayOf(new Date(time())),
  });
  return new Map([
    ['and', several(1, (values) => values.at(-1))],
    ['or', several(1, (values) => values.at(-1))],
    ['not', one((value) => !isTrue(value))],
    ['len', one(lengthOf)],
    ['index', several(1, indexed)],
    ['slice', several(1, sliced)],
    ['print', several(0, sprint)],
    ['println', several(0, sprintln)],
    ['printf', { ...several(1, formatted), strings: 1 }],
    ['html', several(0, (values, meter) => escapeHtml(shown(values, meter), meter))],
    ['js', several(0, (values, meter) => escapeJs(shown(values, meter), meter))],
    ['urlquery', several(0, (values, meter) => escapeQuery(shown(values, meter), meter))],
    ['call', several(1, callFunction)],
    ['eq', several(1, isEqual)],
    ['ne', two((left, right, meter) => !isEqual([left, right], meter))],
    ['lt', two(isLess)],
    ['le', two(isLessOrEqual)],
    ['gt', two((left, right, meter) => !isLessOrEqual(left, right, meter))],
    ['ge', two((left, right, meter) => !isLess(left, right, meter))],
    ['json', one(encodeJson)],
    ['currentDate', date(() => now().getTime())],
    ['yesterdayDate', date(() => now().getTime() - DAY_MS)],
    ['toTypeScriptType', one(typeScriptType)],
  ]);
}

function formatted([format, ...values]: readonly Result[], meter: WorkMeter): string {
  return sprintf(String(format), values, meter);
}

/** The escaping functions print nil as an action does. */
function shown(values: readonly Result[], meter: WorkMeter): string {
  return sprint(
    values.map((value) => (value === null || value === undefined ? '<no value>' : value)),
    meter,
  );
}

function typeScriptType(value: Result, meter: WorkMeter): string {
  return (value instanceof GoObject && value.toTypeScript && meter.made(value.toTypeScript())) || 'any';
}

/** Always fails, because no value of a template is a function. */
function callFunction([value]: readonly Result[]): never {
  throw new FunctionError(
    value === null || value === undefined ? 'call of nil' : `non-function of type ${typeName(value)}`,
  );
}

/** The date in local time, as with Go's time.Now: YYYY-MM-DD. */
function dayOf(date: Date): string {
  const pad = (value: number, width: number) => String(value).padStart(width, '0');
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
}

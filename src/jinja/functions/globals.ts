import { OllamaError } from '../../base/errors.ts';
import { JinjaError } from '../errors.ts';
import { ELEMENT_BYTES, MAX_ARGUMENT_LENGTH, MAX_RANGE } from '../limits.ts';
import { textOf } from '../print/text.ts';
import { type Arguments, Callable, type Rendering } from '../values/callable.ts';
import { Dict } from '../values/dict.ts';
import { isText, plain } from '../values/kinds.ts';
import { Namespace } from '../values/namespace.ts';
import { Range } from '../values/range.ts';
import type { Value } from '../values/value.ts';
import { countArgument } from './arguments.ts';
import { entriesOf } from './methods/dict-methods.ts';
import { formatTime } from './strftime.ts';

type Body = (passed: Arguments, rendering: Rendering) => Value;

/** The arguments of a function that takes no names. @throws JinjaError */
function places(
  name: string,
  { positional, named }: Arguments,
  minimum: number,
  maximum: number,
): readonly Value[] {
  if (named.size === 0 && positional.length >= minimum && positional.length <= maximum) return positional;
  throw new JinjaError(`${name}() takes ${minimum} to ${maximum} arguments without names`);
}

function range(passed: Arguments): Range {
  const [first, second, third = 1] = places('range', passed, 1, 3);
  const bound = (value: Value | undefined) => countArgument(value, 'range');
  const [start, stop] = second === undefined ? [0, bound(first)] : [bound(first), bound(second)];
  const step = bound(third);
  if (step === 0) throw new JinjaError('range() arg 3 must not be zero');
  const made = new Range(start, stop, step);
  if (made.length > MAX_RANGE) throw new JinjaError(`range() of more than ${MAX_RANGE} numbers`);
  return made;
}

/** Python's `dict`: from a mapping or pairs, and from arguments with names. */
function dict(passed: Arguments, { meter }: Rendering): Dict {
  const [source] = places('dict', { ...passed, named: new Map() }, 0, 1);
  const made = source === undefined ? new Dict() : Dict.of(entriesOf(source, meter), meter);
  for (const [name, value] of passed.named) made.set(name, value, meter);
  return made;
}

function namespace(passed: Arguments, rendering: Rendering): Namespace {
  const made = new Namespace();
  for (const [key, value] of dict(passed, rendering).entries())
    if (isText(key)) made.attributes.set(plain(key), value);
  return made;
}

/** The beginning of a text that a template passes to one of our functions. */
function shortText(value: Value | undefined, { meter }: Rendering): string {
  return textOf(value ?? null, meter).slice(0, MAX_ARGUMENT_LENGTH);
}

function raise(passed: Arguments, rendering: Rendering): never {
  const message = passed.positional.length > 0 ? passed.positional[0] : passed.named.get('message');
  throw new OllamaError(
    'invalid-request',
    `the model's chat template refuses this request: ${shortText(message, rendering)}`,
  );
}

function now(passed: Arguments, rendering: Rendering): string {
  const format = passed.positional[0] ?? passed.named.get('format');
  if (!isText(format)) throw new JinjaError('strftime_now() needs a format');
  return formatTime(shortText(format, rendering), rendering.now());
}

/** Gives one of the values after the other. */
function cycler(passed: Arguments, { meter }: Rendering): Value {
  const values = places('cycler', passed, 1, Number.POSITIVE_INFINITY);
  let place = 0;
  const current = () => values[place] ?? null;
  const next = new Callable('next', () => {
    const value = current();
    place = (place + 1) % values.length;
    return value;
  });
  const reset = new Callable('reset', () => {
    place = 0;
    return null;
  });
  meter.allocate(values.length * ELEMENT_BYTES);
  const made = new Namespace();
  made.attributes.set('next', next).set('reset', reset);
  return made;
}

/** A text that is empty the first time, and a separator from then on. */
function joiner(passed: Arguments): Callable {
  const [separator = ', '] = places('joiner', passed, 0, 1);
  let isUsed = false;
  return new Callable('joiner', () => {
    const text = isUsed ? separator : '';
    isUsed = true;
    return text;
  });
}

const bodies: Readonly<Record<string, Body>> = {
  range,
  dict,
  namespace,
  cycler,
  joiner,
  raise_exception: raise,
  strftime_now: now,
};

/** The functions that every template has. */
export const globals: ReadonlyMap<string, Value> = new Map(
  Object.entries(bodies).map(([name, body]) => [name, new Callable(name, body, { typeName: 'function' })]),
);

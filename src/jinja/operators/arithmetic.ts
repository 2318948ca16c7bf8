import type { WorkMeter } from '../../base/work-meter.ts';
import type { ArithmeticOperator } from '../ast.ts';
import { JinjaError } from '../errors.ts';
import { ELEMENT_BYTES, MAX_INTEGER_BITS } from '../limits.ts';
import { printf } from '../print/printf.ts';
import { textOf } from '../print/text.ts';
import { Float } from '../values/float.ts';
import { isInteger, isNumeric, isText, like, plain } from '../values/kinds.ts';
import { escapeHtml, Markup } from '../values/markup.ts';
import { Tuple } from '../values/tuple.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Integer, Numeric, Text, Value } from '../values/value.ts';
import { floorDivide, integerModulo, modulo, onIntegers, toFloat, toInteger } from './number.ts';

type Apply = (left: Value, right: Value, meter: WorkMeter) => Value;

export const arithmetic: Readonly<Record<ArithmeticOperator, Apply>> = {
  '+': (left, right, meter) => {
    if (isText(left) && isText(right)) return addTexts(left, right, meter);
    if (Array.isArray(left) && Array.isArray(right)) return joined(left, right, meter);
    if (left instanceof Tuple && right instanceof Tuple)
      return new Tuple(joined(left.items, right.items, meter));
    return numbers('+', left, right, plus, (one, two) => one + two);
  },
  '-': (left, right) =>
    numbers(
      '-',
      left,
      right,
      (one, two) =>
        onIntegers(
          one,
          two,
          (a, b) => a - b,
          (a, b) => a - b,
        ),
      (one, two) => one - two,
    ),
  '*': (left, right, meter) => {
    if (isInteger(right) && isRepeatable(left)) return repeated(left, toInteger(right), meter);
    if (isInteger(left) && isRepeatable(right)) return repeated(right, toInteger(left), meter);
    return numbers('*', left, right, times, (one, two) => one * two);
  },
  '/': (left, right) => {
    const [one, two] = pair('/', left, right);
    if (toFloat(two) === 0) throw new JinjaError('division by zero');
    return new Float(toFloat(one) / toFloat(two));
  },
  '//': (left, right) =>
    numbers('//', left, right, floorDivide, (one, two) => {
      if (two === 0) throw new JinjaError('float floor division by zero');
      return floatFloor(one, two);
    }),
  '%': (left, right, meter) => {
    if (isText(left)) return formatted(left, right, meter);
    return numbers('%', left, right, integerModulo, (one, two) => {
      if (two === 0) throw new JinjaError('float modulo');
      return floatModulo(one, two);
    });
  },
  '**': (left, right) => {
    const [one, two] = pair('** or pow()', left, right);
    if (isInteger(one) && isInteger(two) && toFloat(two) >= 0) return power(toInteger(one), toInteger(two));
    return floatPower(toFloat(one), toFloat(two));
  },
};

function plus(left: Integer, right: Integer): Integer {
  return onIntegers(
    left,
    right,
    (one, two) => one + two,
    (one, two) => one + two,
  );
}

function times(left: Integer, right: Integer): Integer {
  return onIntegers(
    left,
    right,
    (one, two) => one * two,
    (one, two) => one * two,
  );
}

function pair(operator: string, left: Value, right: Value): [Numeric, Numeric] {
  if (left instanceof Undefined) return left.fail();
  if (right instanceof Undefined) return right.fail();
  if (isNumeric(left) && isNumeric(right)) return [left, right];
  throw new JinjaError(
    `unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`,
  );
}

function numbers(
  operator: string,
  left: Value,
  right: Value,
  integers: (left: Integer, right: Integer) => Integer,
  floats: (left: number, right: number) => number,
): Value {
  const [one, two] = pair(operator, left, right);
  if (isInteger(one) && isInteger(two)) return integers(toInteger(one), toInteger(two));
  return new Float(floats(toFloat(one), toFloat(two)));
}

function addTexts(left: Text, right: Text, meter: WorkMeter): Text {
  const isSafe = left instanceof Markup || right instanceof Markup;
  const part = (text: Text) => (isSafe && typeof text === 'string' ? escapeHtml(text, meter) : plain(text));
  const [one, two] = [part(left), part(right)];
  meter.write(one.length + two.length);
  return isSafe ? new Markup(one + two) : one + two;
}

function joined(left: readonly Value[], right: readonly Value[], meter: WorkMeter): Value[] {
  meter.allocate((left.length + right.length) * ELEMENT_BYTES);
  meter.step(left.length + right.length);
  return [...left, ...right];
}

function isRepeatable(value: Value): value is Text | Value[] | Tuple {
  return isText(value) || Array.isArray(value) || value instanceof Tuple;
}

function repeated(value: Text | Value[] | Tuple, count: Integer, meter: WorkMeter): Value {
  const times = Math.max(Number(count), 0);
  if (isText(value)) {
    meter.write(plain(value).length * times);
    return like(value, plain(value).repeat(times));
  }
  const items = value instanceof Tuple ? value.items : value;
  meter.allocate(items.length * times * ELEMENT_BYTES);
  meter.step(items.length * times);
  const list =
    items.length === 0
      ? []
      : Array.from({ length: items.length * times }, (_, index) => items[index % items.length] ?? null);
  return value instanceof Tuple ? new Tuple(list) : list;
}

function floatModulo(left: number, right: number): number {
  const rest = modulo(left, right);
  return rest === 0 ? (right < 0 ? -0 : 0) : rest;
}

function floatFloor(left: number, right: number): number {
  const quotient = (left - floatModulo(left, right)) / right;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function power(base: Integer, exponent: Integer): Integer {
  const bits = Math.log2(Math.abs(Number(base)) || 1) * Number(exponent);
  if (bits > MAX_INTEGER_BITS) throw new JinjaError('the result of ** is too large');
  return onIntegers(
    base,
    exponent,
    (one, two) => one ** two,
    (one, two) => one ** two,
  );
}

function floatPower(base: number, exponent: number): Value {
  if (base === 0 && exponent < 0) throw new JinjaError('0.0 cannot be raised to a negative power');
  if (base < 0 && !Number.isInteger(exponent)) throw new JinjaError('complex numbers are not supported');
  const result = base ** exponent;
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent)) {
    throw new JinjaError('numerical result out of range');
  }
  return new Float(result);
}

/** Python's `format % values`. */
function formatted(format: Text, values: Value, meter: WorkMeter): Text {
  if (typeof format === 'string') return printf(format, values, meter);
  const escaped = (value: Value) =>
    value instanceof Markup ? value.text : escapeHtml(textOf(value, meter), meter);
  return new Markup(printf(format.text, values, meter, escaped));
}

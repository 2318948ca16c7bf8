import { JinjaError } from '../../errors.ts';
import { arithmetic } from '../../operators/arithmetic.ts';
import { toFloat, toInteger } from '../../operators/number.ts';
import { fixed } from '../../print/number-format.ts';
import type { Rendering } from '../../values/callable.ts';
import { Float } from '../../values/float.ts';
import { integer } from '../../values/integer.ts';
import { isInteger, isNumeric, isText, plain } from '../../values/kinds.ts';
import { typeName } from '../../values/type-name.ts';
import { Undefined } from '../../values/undefined.ts';
import type { Integer, Value } from '../../values/value.ts';
import { countArgument } from '../arguments.ts';
import { type Operation, operations } from '../operation.ts';
import { parseFloatText, parseIntegerText } from '../parse-number.ts';

type Values = readonly (Value | undefined)[];

/** The integer of a float without its decimal places; undefined for one that is not finite. */
function truncated(value: number): Integer | undefined {
  return Number.isFinite(value) ? integer(BigInt(Math.trunc(value))) : undefined;
}

function toInt([input = null, standard = 0, base = 10]: Values): Value {
  if (input instanceof Undefined) return input.fail();
  if (isText(input)) {
    const text = plain(input);
    const float = () => parseFloatText(text);
    return (
      parseIntegerText(text, countArgument(base, 'base')) ?? truncated(float() ?? Number.NaN) ?? standard
    );
  }
  if (!isNumeric(input)) return standard;
  if (isInteger(input)) return toInteger(input);
  if (Math.abs(input.value) === Number.POSITIVE_INFINITY)
    throw new JinjaError('cannot convert float infinity to integer');
  return truncated(input.value) ?? standard;
}

function toFloatValue([input = null, standard = new Float(0)]: Values): Value {
  if (input instanceof Undefined) return input.fail();
  const value = isText(input) ? parseFloatText(plain(input)) : isNumeric(input) ? toFloat(input) : undefined;
  return value === undefined ? standard : new Float(value);
}

function absolute([input = null]: Values): Value {
  if (input instanceof Undefined) return input.fail();
  if (!isNumeric(input)) throw new JinjaError(`bad operand type for abs(): '${typeName(input)}'`);
  if (input instanceof Float) return new Float(Math.abs(input.value));
  const whole = toInteger(input);
  return whole < 0 ? integer(-BigInt(whole)) : whole;
}

/** The most decimal places that a float can be rounded to; more change nothing. */
const MAX_PLACES = 323;

function rounded([input = null, places = 0, method = 'common']: Values, { meter }: Rendering): Value {
  const way = isText(method) ? plain(method) : '';
  if (way !== 'common' && way !== 'ceil' && way !== 'floor')
    throw new JinjaError('method must be common, ceil or floor');
  if (input instanceof Undefined) return input.fail();
  const precision = countArgument(places, 'precision');
  if (Math.abs(precision) > MAX_PLACES) throw new JinjaError('the precision is too large');
  if (way === 'common') return roundedHalf(input, precision);
  const factor = arithmetic['**'](10, precision, meter);
  const product = arithmetic['*'](input, factor, meter);
  if (!isNumeric(product)) throw new JinjaError(`must be real number, not ${typeName(product)}`);
  const value = toFloat(product);
  if (!Number.isFinite(value)) throw new JinjaError('cannot convert float to integer');
  const whole = isInteger(product)
    ? toInteger(product)
    : truncated(way === 'ceil' ? Math.ceil(value) : Math.floor(value));
  return arithmetic['/'](whole ?? 0, factor, meter);
}

/** Python's round: to the nearest, and halves to the even one. */
function roundedHalf(input: Value, precision: number): Value {
  if (!isNumeric(input)) throw new JinjaError(`type ${typeName(input)} doesn't define __round__ method`);
  if (input instanceof Float) return roundedFloat(input.value, precision);
  return precision >= 0 ? toInteger(input) : roundedInteger(toInteger(input), precision);
}

function roundedFloat(value: number, precision: number): Float {
  if (!Number.isFinite(value) || precision > 100) return new Float(value);
  const magnitude = Math.abs(value);
  if (precision < 0) {
    const factor = 10 ** -precision;
    return new Float(Math.sign(value) * Number(fixed(magnitude / factor, 0)) * factor);
  }
  return new Float((value < 0 || Object.is(value, -0) ? -1 : 1) * Number(fixed(magnitude, precision)));
}

function roundedInteger(value: Integer, precision: number): Integer {
  const factor = 10n ** BigInt(-precision);
  const whole = BigInt(value);
  const rest = ((whole % factor) + factor) % factor;
  const down = whole - rest;
  const isUp = rest * 2n > factor || (rest * 2n === factor && (down / factor) % 2n !== 0n);
  return integer(isUp ? down + factor : down);
}

export const numberFilters: ReadonlyMap<string, Operation> = operations<Value>({
  int: ['default base', toInt],
  float: ['default', toFloatValue],
  abs: ['/', absolute],
  round: ['precision method', rounded],
});

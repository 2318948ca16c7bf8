import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { codePointLength } from '../values/characters.ts';
import type { Value } from '../values/value.ts';
import { countArgument, textArgument } from './arguments.ts';

type Values = readonly (Value | undefined)[];

function fillOf(value: Value | undefined): string {
  const fill = value === undefined ? ' ' : textArgument(value, 'fill');
  if (Array.from(fill).length !== 1)
    throw new JinjaError('the fill character must be exactly one character long');
  return fill;
}

/** A fill character repeated. @throws OverLimit */
export function filling(fill: string, count: number, meter: WorkMeter): string {
  meter.write(fill.length * Math.max(count, 0));
  return fill.repeat(Math.max(count, 0));
}

/** Fills one side of a text. @throws OverLimit */
export function padded(
  text: string,
  [width, fill]: Values,
  side: 'left' | 'right',
  meter: WorkMeter,
): string {
  const missing = countArgument(width, 'width') - codePointLength(text, meter);
  const padding = filling(fillOf(fill), missing, meter);
  return side === 'left' ? padding + text : text + padding;
}

/** Fills both sides of a text, as Python's center does. @throws OverLimit */
export function centered(text: string, [width, fill]: Values, meter: WorkMeter): string {
  const wanted = countArgument(width, 'width');
  const missing = Math.max(wanted - codePointLength(text, meter), 0);
  const left = Math.floor(missing / 2) + (missing & wanted & 1);
  const character = fillOf(fill);
  return filling(character, left, meter) + text + filling(character, missing - left, meter);
}

/** Zeros after the sign. @throws OverLimit */
export function zeroFilled(text: string, width: number, meter: WorkMeter): string {
  const zeros = filling('0', width - codePointLength(text, meter), meter);
  return /^[+-]/.test(text) ? text.slice(0, 1) + zeros + text.slice(1) : zeros + text;
}

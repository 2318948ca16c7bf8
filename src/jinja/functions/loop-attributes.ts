import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { isEqual } from '../operators/equality.ts';
import { modulo } from '../operators/number.ts';
import { Callable } from '../values/callable.ts';
import type { Loop } from '../values/loop.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

type Read = (loop: Loop, meter: WorkMeter) => Value;

const attributes: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['index', (loop) => loop.index + 1],
  ['index0', (loop) => loop.index],
  ['revindex', (loop) => loop.length - loop.index],
  ['revindex0', (loop) => loop.length - loop.index - 1],
  ['first', (loop) => loop.index === 0],
  ['last', (loop) => loop.isLast],
  ['length', (loop) => loop.length],
  ['depth', (loop) => loop.depth + 1],
  ['depth0', (loop) => loop.depth],
  ['previtem', previous],
  ['nextitem', (loop) => (loop.isLast ? new Undefined('there is no next item') : (loop.following ?? null))],
  ['cycle', (loop) => new Callable('cycle', ({ positional }) => cycled(loop, positional))],
  [
    'changed',
    (loop, meter) => new Callable('changed', ({ positional }) => isChanged(loop, positional, meter)),
  ],
]);

/** An attribute of the variable `loop`. */
export function loopAttribute(loop: Loop, name: string, meter: WorkMeter): Value | undefined {
  return attributes.get(name)?.(loop, meter);
}

function previous(loop: Loop): Value {
  return loop.index > 0 ? (loop.previous ?? null) : new Undefined('there is no previous item');
}

function cycled(loop: Loop, values: readonly Value[]): Value {
  if (values.length === 0) throw new JinjaError('no items for cycling given');
  return values[modulo(loop.index, values.length)] ?? null;
}

function isChanged(loop: Loop, values: readonly Value[], meter: WorkMeter): boolean {
  const before = loop.exchange(values);
  return (
    before === undefined ||
    before.length !== values.length ||
    values.some((value, index) => !isEqual(value, before[index] ?? null, meter))
  );
}

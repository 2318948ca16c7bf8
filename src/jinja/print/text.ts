import type { WorkMeter } from '../../base/work-meter.ts';
import { Markup } from '../values/markup.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { repr } from './repr.ts';

/** A value as Python's str writes it. @throws JinjaError for one without a text @throws OverLimit */
export function textOf(value: Value, meter: WorkMeter): string {
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.text;
  return value instanceof Undefined ? '' : repr(value, meter);
}

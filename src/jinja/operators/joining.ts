import type { WorkMeter } from '../../base/work-meter.ts';
import { textOf } from '../print/text.ts';
import type { Value } from '../values/value.ts';

/** Jinja's `~`: the texts of the values, one after the other. @throws OverLimit */
export function joinTexts(values: readonly Value[], meter: WorkMeter): string {
  let text = '';
  for (const value of values) {
    const part = textOf(value, meter);
    meter.write(part.length);
    text += part;
  }
  return text;
}

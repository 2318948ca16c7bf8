import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { find } from '../functions/search.ts';
import { Dict } from '../values/dict.ts';
import { DictView } from '../values/dict-view.ts';
import { elementsOf, iteratorOf } from '../values/iteration.ts';
import { isText, plain } from '../values/kinds.ts';
import { typeName } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';
import { isEqual } from './equality.ts';

/** Python's `in`. @throws JinjaError if the right side contains nothing */
export function isIn(value: Value, container: Value, meter: WorkMeter): boolean {
  if (isText(container)) {
    if (!isText(value)) {
      throw new JinjaError(`'in <string>' requires string as left operand, not ${typeName(value)}`);
    }
    return find(plain(container), plain(value), 0, meter) >= 0;
  }
  if (container instanceof Dict) return container.has(value, meter);
  if (container instanceof DictView && container.kind === 'keys') return container.dict.has(value, meter);
  if (!iteratorOf(container, meter))
    throw new JinjaError(`argument of type '${typeName(container)}' is not iterable`);
  for (const element of elementsOf(container, meter)) if (isEqual(element, value, meter)) return true;
  return false;
}

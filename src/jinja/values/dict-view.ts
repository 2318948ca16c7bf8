import type { WorkMeter } from '../../base/work-meter.ts';
import { ELEMENT_BYTES } from '../limits.ts';
import type { Dict } from './dict.ts';
import { Tuple } from './tuple.ts';
import type { Value } from './value.ts';

/** What the methods `keys`, `values` and `items` of a mapping return. */
export class DictView {
  readonly kind: 'keys' | 'values' | 'items';
  readonly dict: Dict;

  constructor(kind: 'keys' | 'values' | 'items', dict: Dict) {
    this.kind = kind;
    this.dict = dict;
  }

  *elements(meter: WorkMeter): Generator<Value> {
    if (this.kind === 'keys') yield* this.dict.keys();
    else if (this.kind === 'values') yield* this.dict.values();
    else {
      for (const entry of this.dict.entries()) {
        meter.allocate(ELEMENT_BYTES);
        yield new Tuple(entry);
      }
    }
  }
}

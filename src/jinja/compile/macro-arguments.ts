import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { ELEMENT_BYTES } from '../limits.ts';
import type { Arguments } from '../values/callable.ts';
import { Dict } from '../values/dict.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

/** Which arguments a macro takes. */
export interface MacroShape {
  readonly names: readonly string[];
  /** Whether it reads `caller`, the block that calls it. */
  readonly takesCaller: boolean;
  /** Whether it reads `kwargs`, the other arguments with names. */
  readonly takesNamed: boolean;
  /** Whether it reads `varargs`, the other arguments without names. */
  readonly takesMore: boolean;
  /** The variables that the arguments are assigned to: the names, then those of `caller`, `kwargs` and `varargs` that it reads. */
  readonly slots: readonly string[];
}

/** @returns a value for each of the slots; undefined where the default applies @throws JinjaError for other arguments */
export function bindMacro(
  name: string,
  shape: MacroShape,
  { positional, named }: Arguments,
  meter: WorkMeter,
): (Value | undefined)[] {
  const rest = new Map(named);
  const values: (Value | undefined)[] = shape.names.map((parameter, index) => {
    if (index < positional.length) return positional[index];
    const value = rest.get(parameter);
    rest.delete(parameter);
    return value;
  });
  if (shape.takesCaller && !shape.names.includes('caller')) {
    values.push(rest.get('caller') ?? new Undefined('no caller defined'));
    rest.delete('caller');
  }
  const [unexpected] = rest.keys();
  if (shape.takesNamed) values.push(Dict.of(rest, meter));
  else if (unexpected !== undefined)
    throw new JinjaError(`macro '${name}' takes no keyword argument '${unexpected}'`);
  const more = positional.slice(shape.names.length);
  meter.allocate(more.length * ELEMENT_BYTES);
  if (shape.takesMore) values.push(new Tuple(more));
  else if (more.length > 0)
    throw new JinjaError(`macro '${name}' takes not more than ${shape.names.length} arguments`);
  return values;
}

import { JinjaError } from '../errors.ts';
import { type Arguments, Callable, type Rendering } from '../values/callable.ts';
import { Loop } from '../values/loop.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

/** Calls a value. @throws JinjaError if it cannot be called */
export function calledValue(target: Value, passed: Arguments, rendering: Rendering): Value {
  if (target instanceof Callable) return target.call(passed, rendering);
  if (target instanceof Undefined) return target.fail();
  const [only] = passed.positional;
  if (target instanceof Loop && only !== undefined) return target.again(only);
  throw new JinjaError(`'${typeName(target)}' object is not callable`);
}

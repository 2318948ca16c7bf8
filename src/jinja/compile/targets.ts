import type { Target } from '../ast.ts';
import { JinjaError } from '../errors.ts';
import { ELEMENT_BYTES } from '../limits.ts';
import type { Frame } from '../render/frame.ts';
import type { Scope } from '../scope/scope.ts';
import { elementsOf } from '../values/iteration.ts';
import { Namespace } from '../values/namespace.ts';
import type { Value } from '../values/value.ts';
import { nameEvaluator } from './variables.ts';

export type Assign = (frame: Frame, value: Value) => void;

export function compileTarget(target: Target, scope: Scope): Assign {
  if (target.kind === 'name') {
    const variable = scope.find(target.name);
    if (!variable) throw new Error(`the name ${target.name} was not analyzed`);
    const { slot } = variable;
    return (frame, value) => {
      frame.slots[slot] = value;
    };
  }
  if (target.kind === 'member') return memberAssignment(target.name, target.attribute, scope);
  const parts = target.items.map((item) => compileTarget(item, scope));
  return (frame, value) => {
    const values = unpacked(value, parts.length, frame);
    parts.forEach((assign, index) => {
      assign(frame, values[index] ?? null);
    });
  };
}

function memberAssignment(name: string, attribute: string, scope: Scope): Assign {
  const read = nameEvaluator(name, scope);
  return (frame, value) => {
    const object = read(frame);
    if (!(object instanceof Namespace))
      throw new JinjaError('cannot assign attribute on non-namespace object');
    if (!object.attributes.has(attribute)) frame.state.meter.allocate(ELEMENT_BYTES);
    object.attributes.set(attribute, value);
  };
}

function unpacked(value: Value, count: number, frame: Frame): Value[] {
  const values: Value[] = [];
  for (const element of elementsOf(value, frame.state.meter)) {
    if (values.length === count) throw new JinjaError(`too many values to unpack (expected ${count})`);
    values.push(element);
  }
  if (values.length < count) {
    throw new JinjaError(`not enough values to unpack (expected ${count}, got ${values.length})`);
  }
  return values;
}

import type { Evaluate, Frame } from '../render/frame.ts';
import type { Scope, Variable } from '../scope/scope.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

/** Reads a variable; undefined if it is not set. */
function reader(variable: Variable, scope: Scope): (frame: Frame) => Value | undefined {
  const { slot } = variable;
  const distance = scope.layout.distance(variable.layout);
  if (distance === 0) return (frame) => frame.slots[slot];
  return (frame) => {
    let owner: Frame | undefined = frame;
    for (let step = 0; step < distance; step++) owner = owner?.parent;
    return owner?.slots[slot];
  };
}

export function nameEvaluator(name: string, scope: Scope): Evaluate {
  const variable = scope.find(name);
  if (!variable) throw new Error(`the name ${name} was not analyzed`);
  const read = reader(variable, scope);
  return (frame) => {
    const value = read(frame);
    return value === undefined ? new Undefined(`'${name}' is undefined`) : value;
  };
}

/** Gives the variables of a scope their first values. */
export function scopeEntry(scope: Scope): (frame: Frame) => void {
  const entries = [...scope.own].flatMap((variable) => {
    const first = firstValue(variable, scope);
    return first ? [{ slot: variable.slot, first }] : [];
  });
  return (frame) => {
    for (const { slot, first } of entries) frame.slots[slot] = first(frame);
  };
}

/** @returns undefined for a parameter, which is set otherwise */
function firstValue({ origin }: Variable, scope: Scope): ((frame: Frame) => Value | undefined) | undefined {
  switch (origin.kind) {
    case 'parameter':
      return undefined;
    case 'copy':
      return reader(origin.of, scope);
    case 'given':
      return (frame) => frame.state.given(origin.name);
    case 'unset':
      return () => undefined;
  }
}

import type { Arguments, Rendering } from '../values/callable.ts';
import type { Value } from '../values/value.ts';
import { Signature } from './signature.ts';

/** A filter, test or method: a function whose first argument is the value that it is applied to. */
export type Operation<Result = Value> = (input: Value, passed: Arguments, rendering: Rendering) => Result;

/** The body of an operation: gets a value for each parameter, undefined where no argument was passed. */
type Body<Result> = (values: readonly (Value | undefined)[], rendering: Rendering) => Result;

/** @param parameters as `Signature` has them, without the input */
export function operation<Result>(name: string, parameters: string, body: Body<Result>): Operation<Result> {
  const signature = new Signature(`input! ${parameters}`);
  return (input, passed, rendering) => {
    // Most calls have no arguments, or the one that is needed.
    if (passed.positional.length === 0 && passed.named.size === 0 && parameters === '')
      return body([input], rendering);
    return body(signature.bind(name, [input], passed), rendering);
  };
}

/** A table of operations: name, parameters and body of each. */
export function operations<Result>(
  table: Readonly<Record<string, readonly [parameters: string, body: Body<Result>]>>,
): Map<string, Operation<Result>> {
  return new Map(
    Object.entries(table).map(([name, [parameters, body]]) => [name, operation(name, parameters, body)]),
  );
}

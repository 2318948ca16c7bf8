import type { WorkMeter } from '../../base/work-meter.ts';
import type { Value } from './value.ts';

/** The arguments of a call. */
export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

const none: ReadonlyMap<string, Value> = new Map();
export const noArguments: Arguments = { positional: [], named: none };

/** What functions know of the rendering that calls them. */
export interface Rendering {
  readonly meter: WorkMeter;
  readonly now: () => Date;
  /** Calls a filter by its name. @throws JinjaError */
  filter(name: string, input: Value, passed: Arguments): Value;
  /** `object.name` */
  attribute(object: Value, name: string): Value;
  /** `object[key]` */
  item(object: Value, key: Value): Value;
  /** Calls a test by its name. @throws JinjaError */
  test(name: string, input: Value, passed: Arguments): boolean;
}

/** A function, method or macro. */
export class Callable {
  readonly name: string;
  /** What Python calls its type. */
  readonly typeName: string;
  readonly call: (passed: Arguments, rendering: Rendering) => Value;
  readonly attributes: ReadonlyMap<string, Value>;

  constructor(
    name: string,
    call: (passed: Arguments, rendering: Rendering) => Value,
    parts: { typeName?: string; attributes?: ReadonlyMap<string, Value> } = {},
  ) {
    this.name = name;
    this.call = call;
    this.typeName = parts.typeName ?? 'builtin_function_or_method';
    this.attributes = parts.attributes ?? none;
  }
}

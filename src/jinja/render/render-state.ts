import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { filters } from '../functions/filters/filters.ts';
import { globals } from '../functions/globals.ts';
import { tests } from '../functions/tests.ts';
import { MAX_CALL_DEPTH } from '../limits.ts';
import { getAttribute, getItem } from '../operators/access.ts';
import type { Arguments, Rendering } from '../values/callable.ts';
import { fromJavaScript } from '../values/from-java-script.ts';
import type { Value } from '../values/value.ts';

/** Bytes that a call keeps while it runs. */
const CALL_BYTES = 512;

/** What all parts of one rendering share. */
export class RenderState implements Rendering {
  readonly meter: WorkMeter;
  readonly now: () => Date;
  /** Where the tag begins that is running, for errors. */
  offset = 0;
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #converted = new Map<string, Value | undefined>();
  #depth = 0;

  constructor(parts: { given: Readonly<Record<string, unknown>>; meter: WorkMeter; now: () => Date }) {
    this.#given = parts.given;
    this.meter = parts.meter;
    this.now = parts.now;
  }

  /** A variable that the template is given, or a function that every template has. */
  given(name: string): Value | undefined {
    const known = this.#converted.get(name);
    if (known !== undefined) return known;
    const isGiven = Object.hasOwn(this.#given, name) && this.#given[name] !== undefined;
    const value = isGiven ? fromJavaScript(this.#given[name], this.meter) : globals.get(name);
    if (value !== undefined) this.#converted.set(name, value);
    return value;
  }

  /** Runs a call, within the limit for calls in calls. @throws JinjaError */
  called<T>(run: () => T): T {
    if (this.#depth >= MAX_CALL_DEPTH) throw new JinjaError('maximum recursion depth exceeded');
    this.#depth++;
    this.meter.step();
    this.meter.allocate(CALL_BYTES);
    const result = run();
    this.meter.release(CALL_BYTES);
    this.#depth--;
    return result;
  }

  attribute(object: Value, name: string): Value {
    return getAttribute(object, name, this.meter);
  }

  item(object: Value, key: Value): Value {
    return getItem(object, key, this.meter);
  }

  filter(name: string, input: Value, passed: Arguments): Value {
    const filter = filters.get(name);
    if (!filter) throw new JinjaError(`no filter named '${name}'`);
    return filter(input, passed, this);
  }

  test(name: string, input: Value, passed: Arguments): boolean {
    const test = tests.get(name);
    if (!test) throw new JinjaError(`no test named '${name}'`);
    return test(input, passed, this);
  }
}

import type { WorkMeter } from '../../base/work-meter.ts';
import { JinjaError } from '../errors.ts';
import { ELEMENT_BYTES } from '../limits.ts';
import { Float } from './float.ts';
import { Markup } from './markup.ts';
import { Tuple } from './tuple.ts';
import { Undefined } from './undefined.ts';
import type { Value } from './value.ts';

/** Equal for keys that Python considers equal. */
type Hash = string | number | bigint | null | object;

/** Python's dict: keeps the order of insertion, and takes keys of any type that does not change. */
export class Dict {
  readonly #values = new Map<Hash, Value>();
  /** The keys that are not their own hash. */
  #keys: Map<Hash, Value> | undefined;

  static of(entries: Iterable<readonly [Value, Value]>, meter: WorkMeter): Dict {
    const dict = new Dict();
    for (const [key, value] of entries) dict.set(key, value, meter);
    return dict;
  }

  get size(): number {
    return this.#values.size;
  }

  /** The value of a key that is a text. */
  getText(key: string): Value | undefined {
    return this.#values.get(key);
  }

  /** Sets the value of a key that is a text, uncounted. */
  setText(key: string, value: Value): void {
    this.#values.set(key, value);
  }

  /** @throws JinjaError if the key has a type whose values change */
  get(key: Value, meter: WorkMeter): Value | undefined {
    return this.#values.get(hashOf(key, meter));
  }

  /** @throws JinjaError if the key has a type whose values change */
  has(key: Value, meter: WorkMeter): boolean {
    return this.#values.has(hashOf(key, meter));
  }

  /** @throws JinjaError if the key has a type whose values change @throws OverLimit */
  set(key: Value, value: Value, meter: WorkMeter): void {
    const hash = hashOf(key, meter);
    const isNew = !this.#values.has(hash);
    if (isNew) meter.allocate(ELEMENT_BYTES);
    if (isNew && hash !== key) {
      this.#keys ??= new Map();
      this.#keys.set(hash, key);
    }
    this.#values.set(hash, value);
  }

  delete(key: Value, meter: WorkMeter): void {
    const hash = hashOf(key, meter);
    this.#values.delete(hash);
    this.#keys?.delete(hash);
  }

  keys(): Iterator<Value> & Iterable<Value> {
    // Without other keys, the hashes are the keys.
    return this.#keys ? this.#otherKeys() : (this.#values.keys() as IterableIterator<string | number | null>);
  }

  entries(): Iterable<[Value, Value]> {
    return this.#keys
      ? this.#otherEntries()
      : (this.#values.entries() as Iterable<[string | number | null, Value]>);
  }

  *#otherKeys(): Generator<Value> {
    for (const hash of this.#values.keys()) yield this.#keyOf(hash);
  }

  *#otherEntries(): Generator<[Value, Value]> {
    for (const [hash, value] of this.#values) yield [this.#keyOf(hash), value];
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }

  #keyOf(hash: Hash): Value {
    const key = this.#keys?.get(hash);
    // Other hashes are the keys themselves: texts, numbers and null.
    return key === undefined ? (hash as string | number | null) : key;
  }
}

const undefinedHash = {};
const tuplePrefix = '\0(';

/** @throws JinjaError for values that Python cannot hash */
export function hashOf(key: Value, meter: WorkMeter): Hash {
  if (typeof key === 'string' || typeof key === 'number' || typeof key === 'bigint' || key === null)
    return key;
  if (typeof key === 'boolean') return key ? 1 : 0;
  if (key instanceof Float) return key.value;
  if (key instanceof Markup) return key.text;
  if (key instanceof Undefined) return undefinedHash;
  if (key instanceof Tuple) return tupleHash(key, meter);
  if (Array.isArray(key) || key instanceof Dict)
    throw new JinjaError(`unhashable type: '${Array.isArray(key) ? 'list' : 'dict'}'`);
  return key;
}

function tupleHash({ items }: Tuple, meter: WorkMeter): string {
  meter.step(items.length);
  const hashes = items.map((item) => {
    const hash = hashOf(item, meter);
    return typeof hash === 'bigint' ? `${hash}` : hash;
  });
  return meter.made(tuplePrefix + JSON.stringify(hashes));
}

import { JinjaError } from '../errors.ts';
import type { Value } from './value.ts';

const first: unique symbol = Symbol('no value before');

interface LoopParts {
  readonly elements: Iterator<Value>;
  /** The number of elements, if it is known without reading them. */
  readonly length: number | undefined;
  /** From 0, for loops within recursive loops. */
  readonly depth: number;
  /** Runs the body of a recursive loop over other elements. */
  readonly recurse?: (iterable: Value, depth: number) => string;
}

/** The variable `loop`. */
export class Loop {
  readonly depth: number;
  readonly recurse: LoopParts['recurse'];
  #elements: Iterator<Value>;
  #length: number | undefined;
  #index = -1;
  #next: IteratorResult<Value> | undefined;
  #current: Value | undefined;
  #before: Value | undefined;
  #changed: readonly Value[] | typeof first = first;

  constructor({ elements, length, depth, recurse }: LoopParts) {
    this.#elements = elements;
    this.#length = length;
    this.depth = depth;
    this.recurse = recurse;
  }

  /** From 0. */
  get index(): number {
    return this.#index;
  }

  /** The element of the iteration before; undefined in the first one. */
  get previous(): Value | undefined {
    return this.#before;
  }

  /** The element of the next iteration; undefined in the last one. */
  get following(): Value | undefined {
    const next = this.#peek();
    return next.done ? undefined : next.value;
  }

  get isLast(): boolean {
    return this.#peek().done === true;
  }

  /** The number of elements; reads all of them if they are made on demand. */
  get length(): number {
    if (this.#length === undefined) {
      const rest: Value[] = [];
      const peeked = this.#next;
      for (let next = this.#elements.next(); !next.done; next = this.#elements.next()) rest.push(next.value);
      this.#elements = rest.values();
      this.#length = this.#index + 1 + (peeked && !peeked.done ? 1 : 0) + rest.length;
    }
    return this.#length;
  }

  /** Begins the next iteration. @returns the element; undefined at the end */
  advance(): Value | undefined {
    const next = this.#peek();
    this.#next = undefined;
    if (next.done) return undefined;
    this.#index++;
    this.#before = this.#current;
    this.#current = next.value;
    return next.value;
  }

  /** Keeps the values for the next call. @returns those of the last call; undefined for the first one */
  exchange(values: readonly Value[]): readonly Value[] | undefined {
    const before = this.#changed;
    this.#changed = values;
    return before === first ? undefined : before;
  }

  /** @throws JinjaError unless the loop is recursive */
  again(iterable: Value): string {
    if (!this.recurse) throw new JinjaError("the loop must have the 'recursive' marker to be called");
    return this.recurse(iterable, this.depth + 1);
  }

  #peek(): IteratorResult<Value> {
    this.#next ??= this.#elements.next();
    return this.#next;
  }
}

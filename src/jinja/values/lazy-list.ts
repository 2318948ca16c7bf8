import type { Value } from './value.ts';

/** What filters such as `map` return: a list that is made while it is read, which happens once. */
export class LazyList {
  readonly typeName: string;
  readonly elements: Iterator<Value>;

  /** @param typeName what Python calls its type */
  constructor(elements: Iterator<Value>, typeName = 'generator') {
    this.elements = elements;
    this.typeName = typeName;
  }
}

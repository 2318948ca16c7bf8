import type { Value } from './value.ts';

/** What `namespace()` makes: an object whose attributes a template may set in any scope. */
export class Namespace {
  readonly attributes = new Map<string, Value>();
}

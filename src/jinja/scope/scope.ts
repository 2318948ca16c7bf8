import type { Layout } from './layout.ts';

/** What a variable is set to when its scope is entered. */
type Origin =
  /** A parameter, or the target of a loop. */
  | { readonly kind: 'parameter' }
  /** Nothing: the template sets it before it reads it. */
  | { readonly kind: 'unset' }
  /** The variable or function of this name that the template is given. */
  | { readonly kind: 'given'; readonly name: string }
  /** The variable of the scope around it. */
  | { readonly kind: 'copy'; readonly of: Variable };

export interface Variable {
  readonly layout: Layout;
  readonly slot: number;
  readonly origin: Origin;
}

/**
 * The variables of a loop, macro or block. As in jinja2, it is known before the template runs which scope each name belongs to: what a
 * scope sets ends with it, and what it reads without setting it belongs to a scope around it.
 */
export class Scope {
  readonly layout: Layout;
  readonly parent: Scope | undefined;
  readonly #variables = new Map<string, Variable>();

  constructor(layout: Layout, parent?: Scope) {
    this.layout = layout;
    this.parent = parent;
  }

  /** The variables of this scope alone. */
  get own(): Iterable<Variable> {
    return this.#variables.values();
  }

  find(name: string): Variable | undefined {
    return this.#variables.get(name) ?? this.parent?.find(name);
  }

  /** A parameter hides whatever has its name. */
  declare(name: string): void {
    this.#add(name, { kind: 'parameter' });
  }

  /** The name is read. */
  load(name: string): void {
    if (!this.find(name)) this.#add(name, { kind: 'given', name });
  }

  /** The name is set. @param isCertain whether nothing before can read it: false inside of `if` */
  store(name: string, isCertain: boolean): void {
    if (this.#variables.has(name)) return;
    const outer = this.parent?.find(name);
    if (outer) this.#add(name, { kind: 'copy', of: outer });
    else this.#add(name, isCertain ? { kind: 'unset' } : { kind: 'given', name });
  }

  #add(name: string, origin: Origin): void {
    this.#variables.set(name, { layout: this.layout, slot: this.layout.add(), origin });
  }
}

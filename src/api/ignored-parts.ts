/** The names go into a response header, which must stay short. */
const MAX_NAMES = 20;
const MAX_NAME_LENGTH = 60;

/**
 * Names of the parts of a request that have no effect: fields that nobody knows, and items of lists that cannot be
 * honoured, such as "tools[3] (web_search)".
 */
export class IgnoredParts {
  readonly #names = new Set<string>();

  constructor(names: Iterable<string> = []) {
    for (const name of names) this.add(name);
  }

  /** @param name the path of a field or an item as a client would write it; what is beyond 20 names is not kept */
  add(name: string): void {
    if (this.#names.size < MAX_NAMES) this.#names.add(name.slice(0, MAX_NAME_LENGTH));
  }

  get names(): readonly string[] {
    return [...this.#names];
  }
}

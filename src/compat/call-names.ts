/**
 * Characters of the name of a tool; OpenAI's API accepts 64. A name is repeated for each result and each member of a
 * namespace, so that a long one would make a small request a huge prompt.
 */
export const MAX_TOOL_NAME = 1024;

/** The names of called tools by the IDs of their calls, for the results that follow. Long names are not kept. */
export class CallNames {
  readonly #names = new Map<string, string>();

  note(id: string, name: string): void {
    if (name.length <= MAX_TOOL_NAME) this.#names.set(id, name);
  }

  of(id: string): string | undefined {
    return this.#names.get(id);
  }
}

/** Reads the JSON schemas of tools, which may contain anything that a client sends. */

export function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, unknown>>;
}

/** The strings of a list; other items are ignored. */
export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The `type` of a schema: one name or several. */
export function typeNamesOf(value: unknown): string[] {
  return typeof value === 'string' ? [value] : stringsOf(value);
}

/** Entries sorted by the UTF-8 bytes of their keys, as Go sorts strings and Jinja's `dictsort` sorts objects. */
export function sortedEntries(value: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(value).sort(([left], [right]) =>
    Buffer.compare(Buffer.from(left), Buffer.from(right)),
  );
}

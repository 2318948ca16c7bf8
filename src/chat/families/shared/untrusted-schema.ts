/** Reading of tools' JSON schemas, which are whatever a client sent. */

export function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Readonly<Record<string, unknown>>;
}

/** The strings of a list; whatever else is in it does not count. */
export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** A schema's `type`: one name or several. */
export function typeNamesOf(value: unknown): string[] {
  return typeof value === 'string' ? [value] : stringsOf(value);
}

/** Entries in the order of their keys' UTF-8, as Go sorts strings and Jinja's `dictsort` does. */
export function sortedEntries(value: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(value).sort(([left], [right]) =>
    Buffer.compare(Buffer.from(left), Buffer.from(right)),
  );
}

/** A name that the model put in quotes, without them. */
export function unquotedName(written: string): string {
  const name = written.trim();
  const quote = name.charAt(0);
  const isQuoted =
    name.length > 2 && (quote === '"' || quote === "'" || quote === '`') && name.endsWith(quote);
  return isQuoted ? name.slice(1, -1).trim() : name;
}

export interface FoundName {
  readonly name: string;
  readonly at: number;
}

/** The earliest of the names in a text; of several at one place the longest. */
export function findName(text: string, names: readonly string[]): FoundName | undefined {
  let found: FoundName | undefined;
  for (const name of names) {
    const at = name === '' ? -1 : text.indexOf(name);
    if (at < 0) continue;
    const isBetter = !found || at < found.at || (at === found.at && name.length > found.name.length);
    if (isBetter) found = { name, at };
  }
  return found;
}

/** Whether the text ends where one of the names may still go on. */
export function endsWithin(text: string, names: readonly string[]): boolean {
  return names.some((name) => {
    for (let size = Math.min(name.length - 1, text.length); size > 0; size--) {
      if (text.endsWith(name.slice(0, size))) return true;
    }
    return false;
  });
}

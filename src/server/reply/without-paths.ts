/** Paths below these are routes of a server, not files. */
const ROUTE = /^\/(?:api|v1|v2|health)(?:[/?]|$)/;
/** A path in quotes, which may hold spaces, as in the errors of the system. */
const QUOTED = /(?<=(['"]))\/[^'"\n]+(?=\1)/g;
/** A path that begins a word. What follows ":" or another "/" belongs to a URL. */
const PLAIN = /(?<![^\s(=])\/[^\s'"`,;:()]+/g;
const HIDDEN = '…';

/**
 * Shortens each absolute path in a text to its last part: "/home/ann/models/a.gguf" becomes "…/a.gguf". Routes and URLs
 * stay.
 * @param folders absolute paths that are recognised wherever they are; those in front of a path are cut off
 */
export function textWithoutPaths(text: string, folders: readonly string[]): string {
  const shortened = folders.reduce((rest, folder) => rest.replaceAll(folder, HIDDEN), text);
  return shortened.replace(QUOTED, hidden).replace(PLAIN, hidden);
}

function hidden(path: string): string {
  if (ROUTE.test(path)) return path;
  return `${HIDDEN}/${path.replace(/\/+$/, '').split('/').at(-1) ?? ''}`;
}

/** Does so with each text in a decoded JSON value. */
export function jsonWithoutPaths(value: unknown, folders: readonly string[]): unknown {
  if (typeof value === 'string') return textWithoutPaths(value, folders);
  if (Array.isArray(value)) return value.map((item) => jsonWithoutPaths(item, folders));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, jsonWithoutPaths(item, folders)]);
  return Object.fromEntries(entries);
}

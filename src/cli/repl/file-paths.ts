/** Finds what may be the path of an image or sound in a prompt; whether there is such a file is for others to see. */

/**
 * Begins with `/`, `./`, `../` or a drive, ends in a known extension, and may hold spaces. The length is PATH_MAX of
 * Linux: it bounds the search in a long text.
 */
const path = /(?:\b[a-z]:)?(?:\.{1,2}\/|\/|\\)[\S\\ ]{1,4096}?\.(?:jpg|jpeg|png|webp|wav)\b(?![/\\])/gi;

/** Where another path may begin inside of what looks like one with spaces. */
const innerStart = /[\s'"](?=(?:\b[a-z]:)?(?:\.{1,2}\/|\/|\\))/gi;

/** What a shell, or a terminal that a file is dropped on, puts a backslash before. */
const escaped = /\\([ ()[\]{}$&;'\\*?~])/g;

export function findPaths(text: string): string[] {
  return text.match(path) ?? [];
}

/** The whole, then each end of it that may be a path: "/a or /b.png" is more likely to name /b.png. */
export function readingsOf(found: string): string[] {
  const starts = [...found.matchAll(innerStart)].map(({ index }) => index + 1);
  return [found, ...starts.map((start) => found.slice(start))];
}

export function unescapePath(text: string): string {
  return text.replace(escaped, '$1');
}

/** The text without a path, as typed or unescaped, and without the quotes around it. */
export function withoutPath(text: string, found: string): string {
  const spellings = [unescapePath(found), found];
  const quoted = spellings.flatMap((spelling) => [`'${spelling}'`, `"${spelling}"`]);
  return [...quoted, found].reduce((rest, part) => rest.replaceAll(part, ''), text).trim();
}

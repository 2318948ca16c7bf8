/** Finds what may be the path of an image or sound in a prompt; whether there is such a file is for others to see. */

/** PATH_MAX of Linux: no longer path can be opened, so none is sought. */
const MAX_PATH_LENGTH = 4096;

const extension = /\.(?:jpg|jpeg|png|webp|wav)\b(?![/\\])/gi;
/** `/`, `./`, `../` or a drive, and something behind it. */
const beginning = /(?:\b[a-z]:)?(?:\.{1,2}\/|\/|\\)(?=.)/i;
/** A path may hold spaces, no other blanks. */
const upToBlank = /^[\s\S]*[^\S ]/;

/** Where another path may begin inside of what looks like one with spaces. */
const innerStart = /[\s'"](?=(?:\b[a-z]:)?(?:\.{1,2}\/|\/|\\))/gi;

/** What a shell, or a terminal that a file is dropped on, puts a backslash before. */
const escaped = /\\([ ()[\]{}$&;'\\*?~])/g;

/** Looks back from each extension, so that the time is in proportion to the text. */
export function findPaths(text: string): string[] {
  const found: string[] = [];
  let searched = 0;
  for (const { index, 0: ending } of text.matchAll(extension)) {
    const before = text.slice(Math.max(searched, index - MAX_PATH_LENGTH), index).replace(upToBlank, '');
    const start = before.search(beginning);
    if (start < 0) continue;
    found.push(before.slice(start) + ending);
    searched = index + ending.length;
  }
  return found;
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

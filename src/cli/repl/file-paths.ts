/** Finds possible paths of images and sounds in a prompt. Callers check whether the files exist. */

/** PATH_MAX of Linux: longer paths cannot be opened. */
const MAX_PATH_LENGTH = 4096;

const extension = /\.(?:jpg|jpeg|png|webp|wav)\b(?![/\\])/gi;
/** `/`, `./`, `../` or a drive, followed by any character. */
const beginning = /(?:\b[a-z]:)?(?:\.{1,2}\/|\/|\\)(?=.)/i;
/** A path may contain spaces, but no other blanks. */
const upToBlank = /^[\s\S]*[^\S ]/;

/** Where another path may begin inside text that looks like one path with spaces. */
const innerStart = /[\s'"](?=(?:\b[a-z]:)?(?:\.{1,2}\/|\/|\\))/gi;

/** Characters that are escaped with a backslash by a shell, or by a terminal when a file is dropped on it. */
const escaped = /\\([ ()[\]{}$&;'\\*?~])/g;

/** Looks back from each extension, so that the time is linear in the length of the text. */
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

/** The whole text, then each end of it that may be a path: "/a or /b.png" most likely names /b.png. */
export function readingsOf(found: string): string[] {
  const starts = [...found.matchAll(innerStart)].map(({ index }) => index + 1);
  return [found, ...starts.map((start) => found.slice(start))];
}

export function unescapePath(text: string): string {
  return text.replace(escaped, '$1');
}

/** The text without a path, whether escaped or not, and without the quotes around it. */
export function withoutPath(text: string, found: string): string {
  const spellings = [unescapePath(found), found];
  const quoted = spellings.flatMap((spelling) => [`'${spelling}'`, `"${spelling}"`]);
  return [...quoted, found].reduce((rest, part) => rest.replaceAll(part, ''), text).trim();
}

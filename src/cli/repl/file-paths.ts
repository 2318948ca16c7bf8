/** Finds possible paths of images and sounds in a prompt. Callers check whether the files exist. */
import { systemPath } from '../../platform/system-path.ts';

/** PATH_MAX of Linux: longer paths cannot be opened. */
const MAX_PATH_LENGTH = 4096;

const extension = /\.(?:jpg|jpeg|png|webp|gif|bmp|wav|mp3|flac)\b(?![/\\])/gi;
const pdfExtension = /\.pdf\b(?![/\\])/gi;
/** `/`, `./`, `../`, a drive, or `~/` at the beginning of a word, followed by any character; with backslashes, too. */
const beginning = /(?:(?<![^\s'"])~[\\/]|(?:\b[a-z]:)?(?:\.{1,2}\/|(?<![^\s'"])\.{1,2}\\|\/|\\))(?=.)/i;
/** A path may contain spaces, but no other blanks. */
const upToBlank = /^[\s\S]*[^\S ]/;

/** Where another path may begin inside text that looks like one path with spaces. */
const innerStart = /[\s'"](?=~[\\/]|(?:\b[a-z]:)?(?:\.{1,2}[\\/]|\/|\\))/gi;
/** A word that begins neither like a path nor within one, nor like a URL. */
const word = /(?<![^\s'"`(])[\p{L}\p{N}_-][^\s'"`:]*/gu;
/** The extension of a word, before the signs that a sentence puts behind it. */
const lastExtension = /\.(?:jpg|jpeg|png|webp|gif|bmp|wav|mp3|flac)(?=[.,;!?)\]]*$)/i;

/** Characters that are escaped with a backslash by a shell, or by a terminal when a file is dropped on it. */
const escaped = /\\([ ()[\]{}$&;'\\*?~])/g;

/** Looks back from each extension, so that the time is linear in the length of the text. */
export function findPaths(text: string): string[] {
  return pathsWith(extension, text);
}

/** Like `findPaths`, for PDF files. */
export function findPdfPaths(text: string): string[] {
  return pathsWith(pdfExtension, text);
}

function pathsWith(ending: RegExp, text: string): string[] {
  const found: string[] = [];
  let searched = 0;
  for (const { index, 0: name } of text.matchAll(ending)) {
    const before = text.slice(Math.max(searched, index - MAX_PATH_LENGTH), index).replace(upToBlank, '');
    const start = before.search(beginning);
    if (start < 0) continue;
    found.push(before.slice(start) + name);
    searched = index + name.length;
  }
  return found;
}

/** The whole text, then each end of it that may be a path: "/a or /b.png" most likely names /b.png. */
export function readingsOf(found: string): string[] {
  const starts = [...found.matchAll(innerStart)].map(({ index }) => index + 1);
  return [found, ...starts.map((start) => found.slice(start))];
}

/**
 * Words such as `photo.jpg` or `pictures/photo.jpg`, which lead to a file in the current folder but are no paths for `findPaths`: a
 * sentence may name a file in passing, so that Ollama does not read them either.
 */
export function findBareNames(text: string): string[] {
  return [...text.matchAll(word)].flatMap(([found]) => {
    if (found.length > MAX_PATH_LENGTH) return [];
    const ending = lastExtension.exec(found);
    return ending ? [found.slice(0, ending.index + ending[0].length)] : [];
  });
}

/**
 * The file that a spelling in a prompt means. A shell does not replace `~/` inside quotes, and nothing does in an interactive prompt.
 * On Windows a backslash always separates folders: nothing escapes with it there.
 * @param home the folder that `~` stands for
 */
export function pathMeant(found: string, home: string, platform: NodeJS.Platform = process.platform): string {
  const isWindows = platform === 'win32';
  const plain = isWindows ? (text: string) => text : unescapePath;
  const isBelowHome = found.startsWith('~/') || (isWindows && found.startsWith('~\\'));
  return isBelowHome ? systemPath(platform).join(home, plain(found.slice(2))) : plain(found);
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

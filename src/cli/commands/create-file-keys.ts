import { dirname, relative, sep } from 'node:path';

/**
 * The keys under which a request names local files, as in Ollama: paths relative to their common folder, or the file
 * name if there is only one.
 * @param paths absolute paths
 */
export function fileKeys(paths: readonly string[]): string[] {
  const root = commonFolder(paths.map((path) => dirname(path)));
  return paths.map((path) => {
    const key = paths.length < 2 ? relative(dirname(path), path) : relative(root, path);
    return key.split(sep).join('/');
  });
}

function commonFolder(folders: readonly string[]): string {
  let root = folders[0] ?? '';
  while (!folders.every((folder) => isWithin(root, folder))) root = dirname(root);
  return root;
}

function isWithin(root: string, folder: string): boolean {
  return (
    folder === root ||
    folder.startsWith(root.endsWith(sep) ? root : `${root}${sep}`) ||
    dirname(root) === root
  );
}

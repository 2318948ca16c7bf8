import { systemPath } from '../../platform/system-path.ts';

/**
 * The keys under which a request names local files, as in Ollama: paths relative to their common folder, or the file
 * name if there is only one. Files on different drives of Windows have none, so a drive becomes a folder in their keys.
 * @param paths absolute paths
 */
export function fileKeys(paths: readonly string[], platform: NodeJS.Platform = process.platform): string[] {
  const { dirname, isAbsolute, relative, sep } = systemPath(platform);
  const root = commonFolder(
    paths.map((path) => dirname(path)),
    platform,
  );
  return paths.map((path) => {
    const key = relative(paths.length < 2 ? dirname(path) : root, path);
    const inside = isAbsolute(key) ? key.replace(/^([a-z]):/i, '$1').replace(/^\\+/, '') : key;
    return inside.split(sep).join('/');
  });
}

function commonFolder(folders: readonly string[], platform: NodeJS.Platform): string {
  const { dirname } = systemPath(platform);
  let root = folders[0] ?? '';
  while (!folders.every((folder) => isWithin(root, folder, platform))) root = dirname(root);
  return root;
}

function isWithin(root: string, folder: string, platform: NodeJS.Platform): boolean {
  const { dirname, sep } = systemPath(platform);
  return (
    folder === root ||
    folder.startsWith(root.endsWith(sep) ? root : `${root}${sep}`) ||
    dirname(root) === root
  );
}

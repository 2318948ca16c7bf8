/** How the paths of local files are written in Modelfiles, on each system. */
import { ModelName } from '../../names/model-name.ts';
import { systemPath } from '../../platform/system-path.ts';

/** `/x`, `./x`, `../x` and `~/x`. */
const posixPath = /^(?:\.{0,2}|~)\//;
/** The same with backslashes, and `C:\\x`, which would also be a registry's name in front of a model's. */
const windowsPath = /^(?:(?:\.{0,2}|~)[\\/]|[a-z]:[\\/])/i;

/** The server fetches URLs, even if a local path has the same spelling. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/** Whether a source can only be the path of a file, and not the name of a model. */
export function isPath(source: string, platform: NodeJS.Platform = process.platform): boolean {
  if (isUrl(source)) return false;
  const pattern = platform === 'win32' ? windowsPath : posixPath;
  return pattern.test(source) || !ModelName.tryParse(source);
}

export interface PathBases {
  /** Against which relative paths are resolved. */
  readonly folder: string;
  /** What `~` stands for. */
  readonly home: string;
  readonly platform?: NodeJS.Platform;
}

/** @returns an absolute path */
export function resolvePath(
  source: string,
  { folder, home, platform = process.platform }: PathBases,
): string {
  const { join, resolve } = systemPath(platform);
  const isBelowHome = source.startsWith('~/') || (platform === 'win32' && source.startsWith('~\\'));
  if (source === '~' || isBelowHome) return join(home, source.slice(1));
  return resolve(folder, source);
}

/** Whether a path is in a folder, and not the folder itself. On another drive it never is. */
export function isWithin(
  path: string,
  folder: string,
  platform: NodeJS.Platform = process.platform,
): boolean {
  const { isAbsolute, relative, sep } = systemPath(platform);
  const inner = relative(folder, path);
  return inner !== '' && inner !== '..' && !inner.startsWith(`..${sep}`) && !isAbsolute(inner);
}

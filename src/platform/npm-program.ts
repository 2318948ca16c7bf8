/** How npm is started. */
import { existsSync } from 'node:fs';
import { type ProgramPlaces, pathFolders } from './find-executable.ts';
import { systemPath } from './system-path.ts';

export type NpmProgram = readonly [program: string, ...parameters: string[]];

interface NpmPlaces extends ProgramPlaces {
  /** The running program: Node, or this program as one file. */
  readonly execPath: string;
  readonly exists?: (path: string) => boolean;
}

/** npm's script, from the folder of its batch file. */
const SCRIPT = ['node_modules', 'npm', 'bin', 'npm-cli.js'];

/**
 * On Windows npm is a batch file, which cannot be started without a shell, so Node runs its script instead: that of the running Node, or
 * of the one in the PATH.
 */
export function npmProgram(
  places: NpmPlaces = { platform: process.platform, environment: process.env, execPath: process.execPath },
): NpmProgram {
  const { platform, execPath, exists = existsSync } = places;
  if (platform !== 'win32') return ['npm'];
  const { basename, dirname, join } = systemPath(platform);
  const runsNode = basename(execPath).toLowerCase() === 'node.exe';
  const own = runsNode ? [dirname(execPath)] : [];
  for (const folder of [...own, ...pathFolders(places)]) {
    const script = join(folder, ...SCRIPT);
    if (!exists(script)) continue;
    // npm that was upgraded by itself is in another folder than Node.
    const node = join(folder, 'node.exe');
    if (exists(node)) return [node, script];
    return [runsNode ? execPath : 'node.exe', script];
  }
  return ['npm'];
}

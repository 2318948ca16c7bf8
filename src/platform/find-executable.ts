/** Finds programs as a shell does. */
import { accessSync, constants, statSync } from 'node:fs';
import { systemPath } from './system-path.ts';

/** What npm and installers create on Windows. A file without an ending is a script for another system, so it comes last. */
const windowsEndings = ['.exe', '.cmd', '.bat', ''];

export interface ProgramPlaces {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether a path is a program; asks the file system unless a test does otherwise. */
  readonly isProgram?: (path: string) => boolean;
}

/** @param bases paths, on Windows with or without an ending @returns the first that is a program */
export function firstProgram(
  bases: readonly string[],
  { platform, isProgram = isExecutableFile }: Pick<ProgramPlaces, 'platform' | 'isProgram'>,
): string | undefined {
  const endings = platform === 'win32' ? windowsEndings : [''];
  return bases.flatMap((base) => endings.map((ending) => base + ending)).find(isProgram);
}

/** The folders of the PATH, in order. */
export function pathFolders({ platform, environment }: ProgramPlaces): string[] {
  const { delimiter } = systemPath(platform);
  // Programs on Windows write quotes around a folder with a semicolon.
  const folders = (environment.PATH ?? '').split(delimiter).map((folder) => folder.replace(/^"|"$/g, ''));
  return folders.filter((folder) => folder !== '');
}

/** @param name of a program, or its path @returns the path; undefined if there is no such program */
export function findExecutable(name: string, places: ProgramPlaces): string | undefined {
  const { basename, join } = systemPath(places.platform);
  if (basename(name) !== name) return firstProgram([name], places);
  return firstProgram(
    pathFolders(places).map((folder) => join(folder, name)),
    places,
  );
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

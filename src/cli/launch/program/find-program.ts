import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { OllamaError } from '../../../base/errors.ts';
import type { Environment } from '../../../config/environment.ts';
import { compareVersions } from '../../upgrade/version-order.ts';
import type { Integration } from '../integration.ts';

/** A program that does not print its version in this time gets no check. */
const VERSION_TIMEOUT_MS = 20_000;
/** What npm and installers create on Windows. */
const windowsEndings = ['.exe', '.cmd', '.bat', ''];

/** @returns the path of the program @throws OllamaError that says how to install it */
export function findProgram(
  { name, program }: Pick<Integration, 'name' | 'program'>,
  { home, environment }: { readonly home: string; readonly environment: Environment },
): string {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = program.names.flatMap((file) => folders.map((folder) => join(folder, file)));
  const elsewhere = (program.places ?? []).map((place) => (isAbsolute(place) ? place : join(home, place)));
  const endings = process.platform === 'win32' ? windowsEndings : [''];
  const found = [...onPath, ...elsewhere]
    .flatMap((path) => endings.map((ending) => path + ending))
    .find(isExecutable);
  if (found !== undefined) return found;
  const how = program.install.startsWith('http') ? 'install it from' : 'install it with:';
  throw new OllamaError(
    'invalid-request',
    `${name} is not installed, ${how} ${program.install}\nThen run again:\n  ollama launch ${name}`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @throws OllamaError if the program is older than the launch needs */
export async function requireVersion(path: string, { name, program }: Integration): Promise<void> {
  const { oldest } = program;
  if (!oldest) return;
  const printed = await promisify(execFile)(path, ['--version'], { timeout: VERSION_TIMEOUT_MS }).catch(
    () => undefined,
  );
  const version = /\d+\.\d+\.\d+/.exec(printed?.stdout ?? '')?.[0];
  if (version === undefined || compareVersions(version, oldest.version) >= 0) return;
  const message = `${name} ${version} is too old, at least ${oldest.version} is needed: update it with: ${oldest.update}`;
  throw new OllamaError('invalid-request', message);
}

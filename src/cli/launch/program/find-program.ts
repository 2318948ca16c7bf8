import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OllamaError } from '../../../base/errors.ts';
import type { Environment } from '../../../config/environment.ts';
import { firstProgram, type ProgramPlaces, pathFolders } from '../../../platform/find-executable.ts';
import { programStart } from '../../../platform/program-call.ts';
import { systemPath } from '../../../platform/system-path.ts';
import { compareVersions } from '../../upgrade/version-order.ts';
import type { Integration } from '../integration.ts';

/** A program that does not print its version in this time gets no check. */
const VERSION_TIMEOUT_MS = 20_000;

interface ProgramSearch extends Partial<Pick<ProgramPlaces, 'platform' | 'isProgram'>> {
  readonly home: string;
  readonly environment: Environment;
}

/** @returns the path of the program @throws OllamaError that says how to install it */
export function findProgram(
  { name, program }: Pick<Integration, 'name' | 'program'>,
  { home, environment, platform = process.platform, isProgram }: ProgramSearch,
): string {
  const path = systemPath(platform);
  const places = { platform, environment, ...(isProgram && { isProgram }) };
  const folders = pathFolders(places);
  const onPath = program.names.flatMap((file) => folders.map((folder) => path.join(folder, file)));
  const elsewhere = (program.places ?? []).flatMap((place) => {
    if (path.isAbsolute(place)) return [place];
    const [, name, below = place] = /^%(\w+)%\/(.*)$/.exec(place) ?? [];
    const base = name === undefined ? home : environment[name];
    return base ? [path.join(base, below)] : [];
  });
  const found = firstProgram([...onPath, ...elsewhere], places);
  if (found !== undefined) return found;
  const how = program.install.startsWith('http') ? 'install it from' : 'install it with:';
  throw new OllamaError(
    'invalid-request',
    `${name} is not installed, ${how} ${program.install}\nThen run again:\n  ollama launch ${name}`,
  );
}

/** @throws OllamaError if the program is older than the launch needs */
export async function requireVersion(path: string, { name, program }: Integration): Promise<void> {
  const { oldest } = program;
  if (!oldest) return;
  const { program: file, args, ...options } = programStart(path, ['--version']);
  const printed = await promisify(execFile)(file, args, { timeout: VERSION_TIMEOUT_MS, ...options }).catch(
    () => undefined,
  );
  const version = /\d+\.\d+\.\d+/.exec(printed?.stdout ?? '')?.[0];
  if (version === undefined || compareVersions(version, oldest.version) >= 0) return;
  const message = `${name} ${version} is too old, at least ${oldest.version} is needed: update it with: ${oldest.update}`;
  throw new OllamaError('invalid-request', message);
}

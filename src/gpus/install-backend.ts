/** Installs and removes backends: npm downloads them and checks what it got against the registry's digests. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OllamaError, systemCode } from '../base/errors.ts';
import { type BackendName, type BackendPackages, libraryFolder, packageFolder } from './backend-catalog.ts';
import { statusOf } from './installed-backends.ts';

export interface InstallOptions {
  /** Of all backends; made when it is not there. */
  readonly folder: string;
  /** The package manager; npm of the PATH unless a test brings its own. */
  readonly npm?: readonly [program: string, ...parameters: string[]];
}

/** Where the library for older drivers lies in its package, and is looked for beside the others. */
const SPARE_FOLDER = 'fallback';
/** Enough of npm's words to explain a failure. */
const MAX_ERROR_LENGTH = 2000;
/** An installation this old was interrupted; no download takes that long. */
const ABANDONED_MS = 24 * 60 * 60_000;

/**
 * Installs a backend or brings it up to date, whole or not at all: into a temporary folder, which then takes the place
 * of what was there.
 * @throws OllamaError `not-found` when npm is missing, `upstream` with npm's reason
 */
export async function installBackend(
  backend: BackendPackages,
  { folder, npm = ['npm'] }: InstallOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  const temporary = join(folder, `.tmp-${randomBytes(8).toString('hex')}`);
  await mkdir(temporary);
  try {
    await runNpm(npm, temporary, backend);
    await joinPackages(temporary, backend);
    if (statusOf(temporary, backend).state !== 'installed') {
      const wanted = backend.packages.map((name) => `${name}@${backend.version}`).join(' and ');
      throw new OllamaError('upstream', `npm installed something else than ${wanted}`);
    }
    await replaceFolder(join(folder, backend.name), temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @returns false when it was not installed */
export async function removeBackend(name: BackendName, folder: string): Promise<boolean> {
  const prefix = join(folder, name);
  if (!existsSync(prefix)) return false;
  // Out of the way in one step, so that no half of it is ever taken for the whole.
  const doomed = join(folder, `.tmp-${randomBytes(8).toString('hex')}`);
  await rename(prefix, doomed);
  await rm(doomed, { recursive: true, force: true });
  return true;
}

async function replaceFolder(target: string, source: string): Promise<void> {
  const old = `${source}-old`;
  const existed = existsSync(target);
  if (existed) await rename(target, old);
  try {
    await rename(source, target);
  } catch (error) {
    if (existed) await rename(old, target);
    throw error;
  }
  if (existed) await rm(old, { recursive: true, force: true });
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.tmp-')) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

/** The second package has nothing but the library for older drivers, which belongs beside the first one's. */
async function joinPackages(prefix: string, backend: BackendPackages): Promise<void> {
  const libraries = libraryFolder(prefix, backend);
  const [main = '', ...others] = backend.packages;
  const inPackage = libraries.slice(packageFolder(prefix, main).length);
  for (const other of others) {
    const spares = join(packageFolder(prefix, other), inPackage, SPARE_FOLDER);
    if (existsSync(spares)) await rename(spares, join(libraries, SPARE_FOLDER));
  }
}

function npmParameters(prefix: string, { packages, version }: BackendPackages): string[] {
  return [
    'install',
    '--prefix',
    prefix,
    '--global=false',
    '--no-save',
    '--save-exact',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...packages.map((name) => `${name}@${version}`),
  ];
}

function runNpm(
  [program, ...parameters]: readonly [string, ...string[]],
  prefix: string,
  backend: BackendPackages,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...parameters, ...npmParameters(prefix, backend)], {
      cwd: prefix,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(0, MAX_ERROR_LENGTH);
    });
    child.once('error', (error) => reject(startFailure(program, error)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(npmFailure(code ?? signal, errors));
    });
  });
}

function startFailure(program: string, error: Error): OllamaError {
  const message =
    systemCode(error) === 'ENOENT'
      ? `"${program}" is not to be found: install npm, which comes with Node.js, or add it to the PATH`
      : `"${program}" does not start: ${error.message}`;
  return new OllamaError('not-found', message, { cause: error });
}

/** npm's own lines, without the marks before them and the hint at its log. */
function npmFailure(end: number | string | null, errors: string): OllamaError {
  const lines = errors
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line) && !line.includes('A complete log'))
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter((line) => line !== '');
  const reason = lines.length > 0 ? lines.join('; ') : `it ended with ${end}`;
  return new OllamaError('upstream', `npm could not install the backend: ${reason}`);
}

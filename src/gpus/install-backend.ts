/** Installs and removes backends. npm downloads them and verifies them against the digests that this program ships. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OllamaError, systemCode } from '../base/errors.ts';
import { renameOver } from '../base/files/replace-file.ts';
import { isOneFile } from '../base/program/own-files.ts';
import type { UNPACKED_FOLDER } from '../platform/library-folder.ts';
import { type NpmProgram, npmProgram } from '../platform/npm-program.ts';
import { type BackendName, type BackendPackages, libraryFolder, packageFolder } from './backend-catalog.ts';
import { statusOf } from './installed-backends.ts';

export interface InstallOptions {
  /** Folder of all backends; created if it does not exist. */
  readonly folder: string;
  /** The package manager; npm from the PATH unless a test provides its own. */
  readonly npm?: NpmProgram;
}

/**
 * Name of the folder with the library for older drivers, both in its package and next to the other libraries, where it
 * is looked up.
 */
const SPARE_FOLDER = 'fallback';
/** Enough of npm's output to explain a failure. */
const MAX_ERROR_LENGTH = 2000;
/** An installation this old was interrupted; no download takes that long. */
const ABANDONED_MS = 24 * 60 * 60_000;

/**
 * Installs or updates a backend, completely or not at all: it installs into a temporary folder, which then replaces the
 * existing one.
 * @throws OllamaError `not-found` when npm is missing, `upstream` with npm's reason
 */
export async function installBackend(
  backend: BackendPackages,
  { folder, npm = npmProgram() }: InstallOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  const temporary = join(folder, `.tmp-${randomBytes(8).toString('hex')}`);
  await mkdir(temporary);
  try {
    await writeLock(temporary, backend);
    await runNpm(npm, temporary);
    await joinPackages(temporary, backend);
    if (statusOf(temporary, backend).state !== 'installed') {
      const wanted = backend.packages.map((name) => `${name}@${backend.version}`).join(' and ');
      throw new OllamaError('upstream', `npm did not install ${wanted}`);
    }
    await replaceFolder(join(folder, backend.name), temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @returns false when it was not installed */
export async function removeBackend(
  name: BackendName | typeof UNPACKED_FOLDER,
  folder: string,
): Promise<boolean> {
  const prefix = join(folder, name);
  if (!existsSync(prefix)) return false;
  // Moved away in one step, so that a partial folder is never mistaken for a complete one.
  const doomed = join(folder, `.tmp-${randomBytes(8).toString('hex')}`);
  await renameOver(prefix, doomed);
  await rm(doomed, { recursive: true, force: true });
  return true;
}

/** Puts a folder in the place of another one, which stays when that fails. */
export async function replaceFolder(target: string, source: string): Promise<void> {
  const old = `${source}-old`;
  const existed = existsSync(target);
  if (existed) await renameOver(target, old);
  try {
    await renameOver(source, target);
  } catch (error) {
    if (existed) await renameOver(old, target);
    throw error;
  }
  if (existed) await rm(old, { recursive: true, force: true });
}

/** Removes what interrupted installations left. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.tmp-')) continue;
    const path = join(folder, name);
    const facts = await lstat(path).catch(() => undefined);
    if (facts && Date.now() - facts.mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

/** The second package contains only the library for older drivers, which belongs next to the libraries of the first. */
async function joinPackages(prefix: string, backend: BackendPackages): Promise<void> {
  const libraries = libraryFolder(prefix, backend);
  const [main = '', ...others] = backend.packages;
  const inPackage = libraries.slice(packageFolder(prefix, main).length);
  for (const other of others) {
    const spares = join(packageFolder(prefix, other), inPackage, SPARE_FOLDER);
    if (existsSync(spares)) await renameOver(spares, join(libraries, SPARE_FOLDER));
  }
}

/** Writes what `npm ci` installs: exactly these packages, or nothing if one has another digest. */
async function writeLock(prefix: string, { packages, version, integrity }: BackendPackages): Promise<void> {
  const facts = { name: 'backend', version: '0.0.0', private: true };
  const dependencies = Object.fromEntries(packages.map((name) => [name, version]));
  const locked = packages.map((name) => [`node_modules/${name}`, { version, integrity: integrity[name] }]);
  const lock = {
    ...facts,
    lockfileVersion: 3,
    requires: true,
    packages: { '': { ...facts, dependencies }, ...Object.fromEntries(locked) },
  };
  await writeFile(join(prefix, 'package.json'), JSON.stringify({ ...facts, dependencies }));
  await writeFile(join(prefix, 'package-lock.json'), JSON.stringify(lock));
}

function npmParameters(prefix: string): string[] {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  return ['ci', '--prefix', prefix, '--global=false', '--ignore-scripts', ...quiet];
}

function runNpm([program, ...parameters]: NpmProgram, prefix: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...parameters, ...npmParameters(prefix)], {
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
  const missing = isOneFile
    ? 'npm, which downloads backends and checks them, is no part of this program: install Node.js with npm, or copy the folder "backends" from a machine that has both'
    : `"${program}" was not found: install npm, which comes with Node.js, or add it to the PATH`;
  const message = systemCode(error) === 'ENOENT' ? missing : `"${program}" does not start: ${error.message}`;
  return new OllamaError('not-found', message, { cause: error });
}

/** Extracts npm's own error lines, without their prefix and the reference to its log. */
function npmFailure(end: number | string | null, errors: string): OllamaError {
  const lines = errors
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line) && !line.includes('A complete log'))
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter((line) => line !== '');
  const reason = lines.length > 0 ? lines.join('; ') : describeExit(end);
  return new OllamaError('upstream', `npm could not install the backend: ${reason}`);
}

function describeExit(end: number | string | null): string {
  return typeof end === 'number' ? `it exited with code ${end}` : `it was killed by ${end}`;
}

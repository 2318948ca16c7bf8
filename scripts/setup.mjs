// Checks what every script needs: the Node version, the dependencies and the build. Imports no packages, because it runs
// before `npm ci`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
/** The built command line program. */
export const program = join(root, 'bin/ollama');

/** A failure whose message is sufficient; scripts print it without a stack. */
export class SetupError extends Error {}

/** Runs a program and shows its output. @returns exit code; 1 if a signal terminated the program */
export function run(command, args, { env = process.env, stdio = 'inherit', cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const shell = process.platform === 'win32' && command === 'npm';
    const child = spawn(command, args, { cwd, env, stdio, shell });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Runs a script with this Node. */
export function runNode(args, options) {
  return run(process.execPath, args, options);
}

/** @throws SetupError if this Node is older than package.json requires */
export function checkNodeVersion() {
  const wanted = readJson('package.json').engines.node.replace('>=', '');
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupError(
    `Node ${wanted} or newer is required, but this is ${process.versions.node}: see https://nodejs.org/en/download`,
  );
}

/**
 * Runs `npm ci` unless node_modules matches package-lock.json. No package needs its install script.
 * @returns true if it installed anything
 */
export async function ensureDependencies() {
  if (dependenciesMatch()) return false;
  console.log('Installing dependencies (npm ci)');
  const status = await run('npm', [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
  ]);
  if (status !== 0) throw new SetupError('npm ci failed: see the lines above');
  return true;
}

/** Compiles src/ unless dist/ is newer than every source file. @returns true if it compiled */
export async function ensureBuild() {
  const built = join(root, 'dist/cli/main.js');
  const newest = Math.max(modifiedTime('package-lock.json'), modifiedTime('tsconfig.json'), newestIn('src'));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return false;
  console.log('Compiling');
  const status = await runNode([join(root, 'scripts/build.mjs')]);
  if (status !== 0) throw new SetupError('the build failed: see the lines above');
  return true;
}

function dependenciesMatch() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const wanted = readJson('package-lock.json').packages;
  const installed = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = installed[path];
    const same = (key) => entry[key] === undefined || found[key] === entry[key];
    if (found) return same('version') && same('integrity');
    return entry.optional === true && !isForThisMachine(path, entry, wanted['']);
  });
}

/** Whether package.json itself names the optional package, and this machine can install it. */
function isForThisMachine(path, { os, cpu }, { optionalDependencies = {} }) {
  const fits = (list, value) => list === undefined || list.includes(value);
  const named = path.replace('node_modules/', '') in optionalDependencies;
  return named && fits(os, process.platform) && fits(cpu, process.arch);
}

function newestIn(folder) {
  const paths = readdirSync(join(root, folder), { recursive: true }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts'),
  );
  return Math.max(0, ...paths.map((path) => modifiedTime(join(folder, path))));
}

function modifiedTime(path) {
  return statSync(join(root, path)).mtimeMs;
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

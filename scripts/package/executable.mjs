// Puts the program into a copy of Node's executable (https://nodejs.org/api/single-executable-applications.html).
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { programs } from '../../dist/base/program/programs.js';
import { root, SetupError } from '../setup.mjs';
import { codecs } from './bundles.mjs';
import { compileCode } from './compiled-code.mjs';
import { fetchPackage } from './npm-files.mjs';

const start = promisify(execFile);
/** Node looks for its own content under this name, behind this mark. */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const EXECUTABLE_MODE = 0o755;
/** Its warnings about names of sections in Node's own file say nothing. */
const injector = join(root, 'node_modules', 'postject', 'dist', 'cli.js');
const main = join(root, 'packaging', 'one-file', 'main.cjs');

/**
 * @param {Map<string, Buffer>} scripts by name
 * @param {readonly { name: string, bytes: Buffer }[]} libraries what lies beside the executable, by path in the archive
 * @returns the bytes of the executable
 */
export async function makeExecutable(target, scripts, libraries) {
  const work = await mkdtemp(join(tmpdir(), 'ollama-package-'));
  try {
    const assets = await writeAssets(join(work, 'assets'), scripts);
    const executable = join(work, 'root', target.executable);
    // Compiled code depends on the kind of machine, so only an executable that runs here can have it.
    if (target.platform === process.platform && target.arch === process.arch) {
      await writeLibraries(join(work, 'root'), libraries);
      Object.assign(
        assets,
        await compileCode(join(work, 'compiled'), executable, (recorder) =>
          assemble(target, executable, assets, recorder),
        ),
      );
    }
    await assemble(target, executable, assets, main);
    return await readFile(executable);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Everything that the program reads by name, by name. */
async function writeAssets(folder, scripts) {
  const page = join(root, 'dist', 'ui');
  const files = await readdir(page).catch(() => []);
  if (!files.includes('files.json'))
    throw new SetupError('the web page is not built: run "npm run build" first');
  await mkdir(folder);
  const assets = {
    'package.json': join(root, 'package.json'),
    ...Object.fromEntries(files.map((name) => [`dist/ui/${name}`, join(page, name)])),
    ...Object.fromEntries(codecs.map((path) => [path.slice('node_modules/'.length), join(root, path)])),
  };
  const add = async (name, bytes) => {
    assets[name] = join(folder, name);
    await writeFile(assets[name], bytes);
  };
  await add('ollama-ts', '1');
  await add('programs.json', JSON.stringify(Object.keys(programs)));
  for (const [name, bytes] of scripts) await add(`${name}.js`, bytes);
  return assets;
}

async function writeLibraries(folder, libraries) {
  for (const { name, bytes } of libraries) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}

async function assemble(target, executable, assets, script) {
  const blob = `${executable}.blob`;
  const config = `${executable}.json`;
  await mkdir(dirname(executable), { recursive: true });
  await writeFile(
    config,
    JSON.stringify({ main: script, output: blob, assets, disableExperimentalSEAWarning: true }),
  );
  // What goes into the executable must be written by the same version of Node, but for any machine.
  const builder = join(await fetchPackage(target.builders[process.arch]), 'bin', 'node');
  await start(builder, ['--experimental-sea-config', config]);
  await cp(join(await fetchPackage(target.node.package), target.node.file), executable, { force: true });
  await start(process.execPath, [injector, executable, RESOURCE, blob, '--sentinel-fuse', FUSE]);
  await chmod(executable, EXECUTABLE_MODE);
}

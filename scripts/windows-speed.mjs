// `npm run bench:windows`: what a token costs with llama.cpp's libraries for Windows, under Wine, beside the libraries for Linux.
// All use the same build for processors and one thread, in a process of its own for each measurement, in turn.
//   --variant NAME   the build for processors (default haswell)
//   --rounds N       measurements of each (default 5)
//   --package FOLDER an unpacked package of ours, instead of one that is built now
//   --published      also measure the package of node-llama-cpp for Windows
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { median } from './engine-in-process.mjs';
import { ensureSmolModel } from './model-cache.mjs';
import { ensureBuild, ensureDependencies, root } from './setup.mjs';
import { ensureWindowsLibraries } from './windows-libraries.mjs';
import { ensureWindowsPackages } from './wine/packages.mjs';
import { startUnderWine } from './wine/start.mjs';
import { ensurePrefix, windowsPath } from './wine/wine.mjs';

const run = promisify(execFile);
const worker = fileURLToPath(new URL('library-speed.mjs', import.meta.url));
/** The newest one for Windows. */
const PUBLISHED = '@node-llama-cpp/win-x64@3.21.1';

/** Copies a package without the other builds for processors, so that ggml has no choice. @returns the folder of its libraries */
async function copyVariant(packageFolder, target, variant) {
  const [bins] = await readdir(join(packageFolder, 'bins'), { withFileTypes: true }).then((entries) =>
    entries.filter((entry) => entry.isDirectory()),
  );
  const libraries = join(target, 'bins', bins.name);
  await mkdir(libraries, { recursive: true });
  await cp(join(packageFolder, 'package.json'), join(target, 'package.json'));
  for (const file of await readdir(join(packageFolder, 'bins', bins.name))) {
    const found = /ggml-cpu-(\w+)\.(so|dll)$/.exec(file)?.[1];
    if (found === undefined || found === variant)
      await cp(join(packageFolder, 'bins', bins.name, file), join(libraries, file), { recursive: true });
  }
  return libraries;
}

async function unpackPublished(work) {
  const { stdout } = await run('npm', ['pack', PUBLISHED, '--silent', '--ignore-scripts'], { cwd: work });
  const folder = join(work, 'published');
  await mkdir(folder);
  await run('tar', ['-xzf', join(work, stdout.trim()), '-C', folder, '--strip-components=1']);
  return folder;
}

const ended = (child) =>
  new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code)));

/** @returns what library-speed.mjs measured */
async function measure({ libraries, wine }, { work, model, tokens }) {
  const log = join(work, 'log');
  const result = join(work, 'result.json');
  await rm(result, { force: true });
  const path = wine ? windowsPath : (text) => text;
  const args = [worker, path(model), path(libraries), `${tokens}`, path(result)];
  const child = wine
    ? startUnderWine(wine.prefix, [wine.node, ...args], { env: wine.env, output: log }).child
    : spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await ended(child);
  if (code !== 0) throw new Error(`the measurement of ${libraries} ended with ${code}: ${await tail(log)}`);
  return JSON.parse(await readFile(result, 'utf8'));
}

const tail = (log) =>
  readFile(log, 'utf8').then(
    (text) => text.slice(-500),
    () => '',
  );

function report(name, results, reference) {
  const of = (key, list = results) => median(list.map((result) => result[key]));
  const ratios = results.map((result, index) => reference[index].decodeMs / result.decodeMs);
  const figures = [
    `decode ${of('decodeMs').toFixed(1)} ms of processor time per token`,
    `(${of('wallMs').toFixed(1)} ms of time)`,
    `prompt ${of('promptMs').toFixed(2)} ms per token`,
    `decode at ${median(ratios).toFixed(2)} of the speed on Linux`,
  ];
  console.log(`${name}: ${figures.join(', ')}; ${results[0].variant}`);
}

const { values } = parseArgs({
  options: {
    variant: { type: 'string', default: 'haswell' },
    rounds: { type: 'string', default: '5' },
    package: { type: 'string' },
    published: { type: 'boolean', default: false },
  },
});
await ensureDependencies();
await ensureBuild();
const work = await mkdtemp(join(tmpdir(), 'ollama-windows-speed-'));
try {
  const model = await ensureSmolModel();
  const { node, folder } = await ensureWindowsPackages();
  const wine = { prefix: await ensurePrefix(), node, env: { NODE_PATH: windowsPath(folder) } };
  const { variant } = values;
  const linux = join(root, 'node_modules/@node-llama-cpp/linux-x64');
  const own = values.package ?? (await ensureWindowsLibraries(['x64', variant])).folder;
  const sets = [
    { name: 'Linux', libraries: await copyVariant(linux, join(work, 'a'), variant), tokens: 64 },
    { name: 'Windows, ours', libraries: await copyVariant(own, join(work, 'b'), variant), wine, tokens: 64 },
  ];
  if (values.published) {
    const libraries = await copyVariant(await unpackPublished(work), join(work, 'c'), variant);
    sets.push({ name: `Windows, ${PUBLISHED}`, libraries, wine, tokens: 16 });
  }
  const results = sets.map(() => []);
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const [index, set] of sets.entries())
      results[index].push(await measure(set, { work, model, tokens: set.tokens }));
  for (const [index, { name }] of sets.entries()) report(name, results[index], results[0]);
} finally {
  await rm(work, { recursive: true, force: true });
}

// Builds the test oracle: libmtmd, llama.cpp's own encoders of pictures and sound, from the source that the npm package
// node-llama-cpp carries, against the prebuilt libraries that we ship. About 90 s on two cores, once; kept in the cache folder.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from './model-cache.mjs';

const run = promisify(execFile);

/** The release whose libraries we ship; its package carries their source as a git bundle. */
const RELEASE = 'node-llama-cpp@3.22.1';
const programSource = fileURLToPath(new URL('../test/oracle/oracle.cpp', import.meta.url));
/** What a build needs beside npm. */
const tools = ['g++', 'git', 'tar'];

/** @returns the folder of the prebuilt libraries, as `src/engine/native/libraries.ts` finds it */
function libraryFolder() {
  const platform = `${process.platform}-${process.arch}`;
  const entry = createRequire(import.meta.url).resolve(`@node-llama-cpp/${platform}`);
  return join(dirname(dirname(entry)), 'bins', platform);
}

/** @returns the first program that a build needs and that is not installed */
export async function missingTool() {
  for (const tool of tools) {
    try {
      await run(tool, ['--version']);
    } catch {
      return tool;
    }
  }
  return undefined;
}

/**
 * Builds the oracle unless the cache has one of the same source.
 * @returns path of the program; `test/oracle/oracle.cpp` states its arguments
 */
export async function ensureMediaOracle({ folder = cacheFolder() } = {}) {
  const own = join(folder, 'media-oracle');
  await mkdir(own, { recursive: true });
  const key = createHash('sha256')
    .update(RELEASE)
    .update(libraryFolder())
    .update(await readFile(programSource))
    .digest('hex');
  const program = join(own, `oracle-${key.slice(0, 16)}`);
  if (existsSync(program)) return program;
  const source = await ensureSource(own);
  const objects = await ensureObjects(own, source);
  const work = await mkdtemp(join(own, '.link-'));
  try {
    const built = join(work, 'oracle');
    await link(source, objects, built);
    await rename(built, program);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}

/** @returns the folder of llama.cpp's source */
async function ensureSource(own) {
  const source = join(own, 'llama.cpp');
  if (existsSync(source)) return source;
  const work = await mkdtemp(join(own, '.source-'));
  try {
    const { stdout } = await run('npm', ['pack', RELEASE, '--silent', '--pack-destination', work]);
    await run('tar', ['-xzf', join(work, stdout.trim()), '-C', work, 'package/llama/gitRelease.bundle']);
    await run('git', [
      'clone',
      '--quiet',
      join(work, 'package/llama/gitRelease.bundle'),
      join(work, 'llama.cpp'),
    ]);
    await rename(join(work, 'llama.cpp'), source);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return source;
}

const includes = (source) =>
  ['tools/mtmd', 'include', 'ggml/include', 'vendor', 'common'].map((folder) => `-I${join(source, folder)}`);
const compilerOptions = [
  '-std=c++17',
  '-O2',
  '-DLLAMA_SHARED',
  '-DGGML_SHARED',
  '-DGGML_BACKEND_SHARED',
  '-w',
];

/** Compiles everything but `mtmd.cpp`, which the program includes. @returns the folder of the object files */
async function ensureObjects(own, source) {
  // The number rises with the list of files.
  const objects = join(own, 'objects-2');
  if (existsSync(objects)) return objects;
  const work = await mkdtemp(join(own, '.objects-'));
  try {
    const models = (await readdir(join(source, 'tools/mtmd/models'))).filter((name) => name.endsWith('.cpp'));
    // The largest first, so that it does not remain alone at the end.
    const files = [
      'clip.cpp',
      'mtmd-helper.cpp',
      'mtmd-image.cpp',
      'mtmd-audio.cpp',
      ...models.map((name) => join('models', name)),
    ];
    await inParallel(files, (file) =>
      compile(join(source, 'tools/mtmd', file), source, join(work, `${file.replaceAll('/', '-')}.o`)),
    );
    await rename(work, objects);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return objects;
}

async function compile(file, source, object) {
  await run('g++', [...compilerOptions, ...includes(source), '-c', file, '-o', object]);
}

async function inParallel(items, work) {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

async function link(source, objects, program) {
  const libraries = libraryFolder();
  const names = (await readdir(libraries)).filter((name) =>
    /^lib(llama|ggml|ggml-base)(\.v[\d.]+)?\.so$/.test(name),
  );
  const parts = (await readdir(objects)).map((name) => join(objects, name));
  await run('g++', [
    ...compilerOptions,
    `-DORACLE_LIBRARIES="${libraries}/"`,
    ...includes(source),
    programSource,
    ...parts,
    ...names.map((name) => join(libraries, name)),
    `-Wl,-rpath,${libraries}`,
    '-Wl,--allow-shlib-undefined',
    '-pthread',
    '-o',
    program,
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = await missingTool();
  if (missing) throw new Error(`${missing} is needed to build the oracle, and is missing`);
  await writeFile('/dev/stdout', `${await ensureMediaOracle()}\n`);
}

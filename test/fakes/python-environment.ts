/** Python packages, each set of them in a separate environment that is created once. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { prerequisite } from './prerequisites.ts';

const run = promisify(execFile);
const clients = ['ollama==0.6.3', 'openai==3.54.0', 'anthropic==2.14.0'];
const cache = fileURLToPath(new URL('../../node_modules/.cache/python-clients', import.meta.url));
/** Enough to download several megabytes. */
export const INSTALL_TIMEOUT_MS = 300_000;

/** Whether a Python that can create environments is installed. */
export async function hasPython(): Promise<boolean> {
  const isThere = await run('python3', ['-c', 'import venv, ensurepip']).then(
    () => true,
    () => false,
  );
  return prerequisite('python3 with venv', isThere);
}

/** @returns path of the interpreter with the official clients */
export function pythonWithClients(): Promise<string> {
  return pythonWith(clients);
}

/**
 * @param packages with their exact versions
 * @returns path of the environment's interpreter
 */
export async function pythonWith(packages: readonly string[]): Promise<string> {
  const folder = join(cache, packages.join('+').replaceAll('==', '-'));
  const ready = join(folder, 'ready');
  const python = join('bin', 'python');
  const interpreter = join(folder, python);
  if (existsSync(ready)) return interpreter;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, '.new-'));
  try {
    await run('python3', ['-m', 'venv', work]);
    const flags = ['--quiet', '--disable-pip-version-check'];
    await run(join(work, python), ['-m', 'pip', 'install', ...flags, ...packages]);
    await writeFile(join(work, 'ready'), '');
    // The interpreter finds its packages from where it lies. Another process may have been faster.
    await rename(work, folder).catch((error: unknown) => {
      if (!existsSync(ready)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return interpreter;
}

// Fetches exact versions of npm packages, checks their digests and keeps them unpacked in the cache folder.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../model-cache.mjs';
import { SetupError } from '../setup.mjs';

const start = promisify(execFile);
/** Enough for 50 MB over a slow connection. */
const TIMEOUT_MS = 600_000;

/** @returns path of the unpacked package */
export async function fetchPackage({ name, version, integrity }) {
  const folder = join(cacheFolder(), `package-${name.replace(/\W+/g, '-')}-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const work = await mkdtemp(join(cacheFolder(), '.download-'));
  try {
    // npm uses the user's registry, proxy and certificates.
    const words = ['pack', `${name}@${version}`, '--silent', '--ignore-scripts', '--pack-destination', work];
    const { stdout } = await start('npm', words, { timeout: TIMEOUT_MS, cwd: work });
    const file = join(work, stdout.trim().split('\n').at(-1));
    const digest = `sha512-${createHash('sha512')
      .update(await readFile(file))
      .digest('base64')}`;
    if (digest !== integrity) {
      throw new SetupError(`the package ${name}@${version} has the digest ${digest} instead of ${integrity}`);
    }
    await start('tar', ['-xzf', file, '-C', work]);
    await rename(join(work, 'package'), folder).catch((error) => {
      // Another process may have been faster.
      if (!existsSync(folder)) throw error;
    });
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

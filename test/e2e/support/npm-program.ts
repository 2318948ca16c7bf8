/** Programs of npm packages, each installed once into the cache of test models. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';
import { cacheFolder } from '../../../scripts/model-cache.mjs';
import { skipWithout } from '../../fakes/prerequisites.ts';

/** Enough for a few hundred megabytes. */
const INSTALL_TIMEOUT_MS = 600_000;
const offline = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|E404/;

export interface NpmProgram {
  /** For example "@openai/codex". */
  readonly package: string;
  /** Exact, so that a test sees the same program each time. */
  readonly version: string;
  /** The name of its command, for the folder ".bin". */
  readonly command: string;
  /** Path of the program within the package, where the package names no command; absent = the command. */
  readonly file?: string;
  /** Whether the scripts of its package run at the installation. */
  readonly runsScripts?: boolean;
}

/**
 * Path of the program, installed if it is not in the cache.
 * @returns the error of npm instead, if no registry can be reached
 */
export async function ensureNpmProgram(program: NpmProgram): Promise<string | Error> {
  const name = `${program.package}-${program.version}`.replace(/[^\w.-]+/g, '-');
  const folder = join(cacheFolder(), `npm-${name}${program.runsScripts ? '-built' : ''}`);
  const place = program.file === undefined ? ['.bin', program.command] : [program.package, program.file];
  const path = join(folder, 'node_modules', ...place);
  if (existsSync(path)) return path;
  await mkdir(cacheFolder(), { recursive: true });
  const work = await mkdtemp(join(cacheFolder(), '.download-'));
  try {
    await writeFile(join(work, 'package.json'), '{ "private": true }');
    const scripts = program.runsScripts ? [] : ['--ignore-scripts'];
    const flags = [...scripts, '--no-audit', '--no-fund', '--prefer-offline'];
    const options = { cwd: work, timeout: INSTALL_TIMEOUT_MS };
    await promisify(execFile)('npm', ['install', ...flags, `${program.package}@${program.version}`], options);
    // Another process may have been faster.
    await rename(work, folder).catch((error: unknown) => {
      if (!existsSync(path)) throw error;
    });
    return path;
  } catch (error) {
    if (error instanceof Error && offline.test(error.message)) return error;
    throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Path of the program that `ensureNpmProgram` found; without a registry, the test is skipped. */
export function requireProgram(found: string | Error, context: TestContext): string {
  if (typeof found === 'string') return found;
  return skipWithout('the npm registry', context, `the npm registry cannot be reached: ${found.message}`);
}

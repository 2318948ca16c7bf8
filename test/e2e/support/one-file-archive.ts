/** The archives of `npm run package`, made once for each state of the sources, and a root folder that holds nothing else. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../scripts/model-cache.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
/** What the archives are made of. */
const sources = ['src', 'dist/ui', 'scripts/package', 'packaging/one-file'];
const files = [
  'package.json',
  'package-lock.json',
  'scripts/package.mjs',
  'packaging/ollama.service',
  'LICENSE',
];
/** Enough to download Node for two machines, and to pack 150 MB twice on a busy machine. */
const PACKAGE_MS = 900_000;
const KEPT = 1;

let archives: Promise<string> | undefined;

/** @returns the folder with the archives of Linux and their checksums */
export function ensureArchives(): Promise<string> {
  archives ??= findArchives();
  return archives;
}

async function findArchives(): Promise<string> {
  const folder = join(cacheFolder(), `archives-${await digestOfSources()}`);
  if (existsSync(folder)) return folder;
  await removeOld();
  const work = await mkdtemp(join(cacheFolder(), '.archives-'));
  try {
    const words = ['scripts/package.mjs', '--only', 'linux-amd64,linux-arm64', '--output', work];
    await run(process.execPath, words, { cwd: root, timeout: PACKAGE_MS });
    await rename(work, folder).catch((error: unknown) => {
      // Another process may have been faster.
      if (!existsSync(folder)) throw error;
    });
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** They take 120 MB each. */
async function removeOld(): Promise<void> {
  const old = (await readdir(cacheFolder())).filter((name) => name.startsWith('archives-')).slice(KEPT);
  for (const name of old) await rm(join(cacheFolder(), name), { recursive: true, force: true });
}

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const paths = [...files];
  for (const source of sources) {
    const entries = await readdir(join(root, source), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (entry.isFile() && !entry.name.includes('.test.'))
        paths.push(join(entry.parentPath, entry.name).slice(root.length));
    }
  }
  for (const path of paths.sort()) hash.update(`${path}\0`).update(await readFile(join(root, path)));
  return hash.digest('hex').slice(0, 16);
}

/**
 * A folder that looks like the root of a machine with nothing but the C library and an unpacked archive. Where the system does
 * not allow such a root, programs see the whole machine, with a path on which there is no program.
 */
export class EmptyRoot implements AsyncDisposable {
  readonly folder: string;
  readonly #isRoot: boolean;

  private constructor(folder: string, isRoot: boolean) {
    this.folder = folder;
    this.#isRoot = isRoot;
  }

  /** @param archive path of a .tgz */
  static async create(archive: string): Promise<EmptyRoot> {
    const folder = await mkdtemp(join(tmpdir(), 'ollama-root-'));
    const program = join(folder, 'usr/local/bin/ollama');
    for (const name of ['tmp', 'proc', 'dev', 'root', 'usr/local'])
      await mkdir(join(folder, name), { recursive: true });
    await run('tar', ['-xzf', archive, '-C', join(folder, 'usr/local')]);
    const libraries = join(folder, 'usr/local/lib/ollama');
    const names = (await readdir(libraries)).filter((name) => /\.(so|node)$/.test(name));
    const { stdout } = await run('ldd', [program, ...names.map((name) => join(libraries, name))]);
    const needed = new Set(stdout.match(/(?<==> |\t)\/\S+(?= \()/g));
    for (const path of needed) {
      if (path.startsWith(folder)) continue;
      await mkdir(join(folder, dirname(path)), { recursive: true });
      await copyFile(path, join(folder, path));
    }
    const isRoot = await run('unshare', ['-Urm', 'true']).then(
      () => true,
      () => false,
    );
    return new EmptyRoot(folder, isRoot);
  }

  /** A path within the root, as programs in it see it. */
  at(path: string): string {
    return this.#isRoot ? path : join(this.folder, path);
  }

  /** The words before the program's path that run it in the root. */
  get runtime(): readonly string[] {
    if (!this.#isRoot) return [];
    const mounts = ['proc', 'dev'].map((name) => `mount --rbind /${name} "$root/${name}"`).join(' && ');
    return [
      'unshare',
      '-Urm',
      'sh',
      '-c',
      `root=$1 && shift && ${mounts} && exec chroot "$root" "$@"`,
      'sh',
      this.folder,
    ];
  }

  get program(): string {
    return this.at('/usr/local/bin/ollama');
  }

  get env(): Record<string, string> {
    const env = {
      HOME: this.at('/root'),
      TMPDIR: this.at('/tmp'),
      OLLAMA_MODELS: this.at('/root/models'),
      NO_COLOR: '1',
    };
    return this.#isRoot ? env : { ...env, PATH: this.at('/none') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

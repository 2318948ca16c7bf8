/**
 * The libraries for macOS, looked at without a Mac: what they define, what they need, and which models they do not know. Nothing
 * of them runs here.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { findLibrary, registryNameOf } from '../../../src/engine/native/libraries.ts';
import { libraryPackages, releaseOf } from '../../../src/platform/library-packages.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { boundFunctions } from '../support/bound-functions.ts';
import { readMachO } from '../support/mach-o.ts';

/** Enough for 16 MB over a slow connection. */
const DOWNLOAD_MS = 300_000;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

const packages = ['darwin-arm64', 'darwin-x64'].flatMap((machine) => libraryPackages[machine] ?? []);
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { integrity?: string }>;
};

let work: string;
let problem = '';

/** The folder of a package's libraries. */
function folderOf(name: string): string {
  const short = name.slice(name.indexOf('/') + 1);
  return join(work, short, 'package', 'bins', short);
}

async function download({ name, version }: (typeof packages)[number]): Promise<void> {
  const pack = ['pack', `${name}@${version}`, '--ignore-scripts', '--silent', '--pack-destination', work];
  const { stdout } = await run('npm', pack, { cwd: work });
  const file = join(work, stdout.trim());
  const digest = createHash('sha512').update(readFileSync(file)).digest('base64');
  expect(`sha512-${digest}`).toBe(lock.packages[`node_modules/${name}`]?.integrity);
  const target = join(work, name.slice(name.indexOf('/') + 1));
  await run('mkdir', [target]);
  await run('tar', ['-xzf', file, '-C', target]);
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'ollama-mac-libraries-'));
  try {
    for (const found of packages) await download(found);
  } catch (error) {
    if (!/ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH/.test(String(error))) throw error;
    problem = String(error);
  }
}, DOWNLOAD_MS);

afterAll(() => rm(work, { recursive: true, force: true }));

function requirePackages(context: TestContext): void {
  if (problem !== '') skipWithout('the npm registry', context, `npm cannot be reached: ${problem}`);
}

const inArchive = (file: string, text: string) => readFileSync(file).includes(`\0${text}\0`);

describe.each(packages)('$name $version', ({ name, version }) => {
  const mainLibraries = () => ['ggml-base', 'ggml', 'llama'].map((stem) => findLibrary(folderOf(name), stem));

  it('defines every function that the engine calls', (context) => {
    requirePackages(context);
    const defined = new Set(mainLibraries().flatMap((path) => [...readMachO(readFileSync(path)).symbols]));
    const bound = boundFunctions();
    expect(bound.size).toBeGreaterThan(180);
    expect([...bound].filter((symbol) => !defined.has(symbol))).toEqual([]);
  });

  it('needs nothing but its own files and those of macOS 14', (context) => {
    requirePackages(context);
    const files = readdirSync(folderOf(name)).filter((file) => /\.(dylib|so)$/.test(file));
    expect(files.length).toBeGreaterThan(6);
    for (const file of files) {
      const { needed, minimumSystem } = readMachO(readFileSync(join(folderOf(name), file)));
      expect(minimumSystem, file).toBe('14.0');
      const own = needed
        .filter((path) => path.startsWith('@rpath/'))
        .map((path) => path.slice('@rpath/'.length));
      expect(
        own.filter((path) => !files.includes(path)),
        file,
      ).toEqual([]);
      expect(
        needed.filter((path) => !/^(@rpath|\/usr\/lib|\/System\/Library)\//.test(path)),
        file,
      ).toEqual([]);
    }
  });

  it('has the release of llama.cpp of our table, without the architectures that it lists as missing', (context) => {
    requirePackages(context);
    const { libraryVersion, missingArchitectures } = releaseOf(version);
    const llama = findLibrary(folderOf(name), 'llama');
    expect(inArchive(llama, libraryVersion)).toBe(true);
    expect(missingArchitectures.length).toBeGreaterThan(0);
    expect(missingArchitectures.filter((architecture) => inArchive(llama, architecture))).toEqual([]);
    for (const architecture of ['llama', 'gemma3', 'gpt-oss'])
      expect(inArchive(llama, architecture)).toBe(true);
  });
});

it('Metal comes with the libraries for Apple silicon, under the name that we ask for', (context) => {
  requirePackages(context);
  const [apple, intel] = packages.map(({ name }) => readdirSync(folderOf(name)));
  expect(apple).toContain('libggml-metal.so');
  expect(intel).not.toContain('libggml-metal.so');
  const metal = readFileSync(join(folderOf(packages[0]?.name ?? ''), 'libggml-metal.so'));
  const registry = registryNameOf('/x/libggml-metal.so') ?? '';
  expect(metal.includes(`\0${registry}\0`)).toBe(true);
});

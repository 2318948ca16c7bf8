/** The libraries for Windows as packaging/windows/build.sh makes them: what they offer and need, and whether they work under Wine. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { ensureWindowsLibraries, type WindowsLibraries } from '../../../scripts/windows-libraries.mjs';
import { findLibrary } from '../../../src/engine/native/libraries.ts';
import { libraryPackages, releaseOf } from '../../../src/platform/library-packages.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { boundFunctions } from '../support/bound-functions.ts';
import { readPortableExecutable } from '../support/portable-executable.ts';

/** Compiling takes two minutes on two processors that do nothing else. */
const BUILD_MS = 1_800_000;
const build = fileURLToPath(new URL('../../../packaging/windows/build.sh', import.meta.url));

let built: WindowsLibraries;
let problem = '';
beforeAll(async () => {
  try {
    built = await ensureWindowsLibraries();
  } catch (error) {
    if (!/is missing: apt-get install/.test(String(error))) throw error;
    problem = String(error);
  }
}, BUILD_MS);

function requireBuild(context: TestContext): void {
  if (problem !== '') skipWithout('mingw-w64', context, problem);
}

const dlls = () => readdirSync(built.libraries).filter((file) => file.endsWith('.dll'));
const read = (file: string) => readPortableExecutable(readFileSync(join(built.libraries, file)));

describe('the libraries for Windows', () => {
  it('define every function that the engine calls', (context) => {
    requireBuild(context);
    const paths = ['ggml-base', 'ggml', 'llama'].map((stem) => findLibrary(built.libraries, stem));
    const defined = new Set(paths.flatMap((path) => [...readPortableExecutable(readFileSync(path)).symbols]));
    const bound = boundFunctions();
    expect(bound.size).toBeGreaterThan(180);
    expect([...bound].filter((symbol) => !defined.has(symbol))).toEqual([]);
  });

  it('need nothing but each other and what every Windows has', (context) => {
    requireBuild(context);
    const files = dlls();
    for (const file of files) {
      const others = read(file).needed.filter((name) => !files.includes(name));
      const system = ['advapi32.dll', 'kernel32.dll', 'msvcrt.dll'];
      expect(
        others.filter((name) => !system.includes(name.toLowerCase())),
        file,
      ).toEqual([]);
    }
  });

  it('hold the release of our table, builds for two processors, and the licenses', (context) => {
    requireBuild(context);
    const wanted = libraryPackages['win32-x64'];
    const facts = JSON.parse(readFileSync(join(built.folder, 'package.json'), 'utf8'));
    expect({ name: facts.name, version: facts.version }).toEqual(wanted);
    const llama = readFileSync(findLibrary(built.libraries, 'llama'));
    expect(llama.includes(`\0${releaseOf(wanted?.version).libraryVersion}\0`)).toBe(true);
    expect(dlls().filter((file) => file.startsWith('ggml-cpu-'))).toEqual([
      'ggml-cpu-haswell.dll',
      'ggml-cpu-x64.dll',
    ]);
    expect(readFileSync(join(built.folder, 'LICENSE'), 'utf8')).toContain('MIT License');
    expect(readdirSync(join(built.folder, 'licenses')).length).toBeGreaterThan(2);
  });

  it('tell nothing of the machine that built them', (context) => {
    requireBuild(context);
    for (const file of dlls()) {
      const bytes = readFileSync(join(built.libraries, file));
      expect(bytes.includes('/build-'), file).toBe(false);
      if (file.includes('ggml') || file.includes('llama')) expect(read(file).linkedAt, file).toBe(0);
    }
  });
});

describe('build.sh', () => {
  const run = (...args: string[]) => {
    const cache = mkdtempSync(join(tmpdir(), 'ollama-build-'));
    folders.push(cache);
    return spawnSync(build, args, { encoding: 'utf8', env: { ...process.env, OLLAMA_TS_CACHE: cache } });
  };
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it.each([
    [['--variants', 'x64,pentium'], /unknown variant "pentium": known are x64,/],
    [['--variants', ''], /--variants names none/],
    [['--jobs', 'all'], /--jobs must be a number from 1 to 99, not "all"/],
    [['--output'], /--output needs a value/],
    [['--fast'], /unknown option --fast: see --help/],
  ])('refuses %j', (args, message) => {
    const { status, stderr } = run(...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });
});

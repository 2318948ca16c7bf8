import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findLibraryFolder,
  packageOfFolder,
  requireArchiveFolder,
  requireLibraryPackage,
} from './library-folder.ts';
import { isPublished, libraryPackages, releaseOf } from './library-packages.ts';

const require = createRequire(import.meta.url);
const { optionalDependencies } = require('../../package.json') as {
  optionalDependencies: Record<string, string>;
};

describe('the table of packages', () => {
  it('has the packages and versions that package.json pins', () => {
    const pinned = Object.entries(optionalDependencies).filter(([name]) =>
      name.startsWith('@node-llama-cpp/'),
    );
    const published = Object.values(libraryPackages).filter(isPublished);
    const listed = published.map(({ name, version }) => [name, version]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(pinned));
  });

  it.each([
    ['linux', 'x64', '@node-llama-cpp/linux-x64', '0.5.0-dev', 0],
    ['linux', 'arm64', '@node-llama-cpp/linux-arm64', '0.5.0-dev', 0],
    ['darwin', 'arm64', '@node-llama-cpp/mac-arm64-metal', '0.4.0-dev', 4],
    ['darwin', 'x64', '@node-llama-cpp/mac-x64', '0.4.0-dev', 4],
    ['win32', 'x64', 'ollama-ts-win-x64', '0.5.0-dev', 0],
  ])('has %s-%s with its release of llama.cpp', (platform, arch, name, libraryVersion, missing) => {
    const found = requireLibraryPackage({ platform, arch, hasMusl: false });
    expect(found.name).toBe(name);
    const release = releaseOf(found.version);
    expect(release.libraryVersion).toBe(libraryVersion);
    expect(release.missingArchitectures).toHaveLength(missing);
  });

  it('expects the newest release of a package that it does not know, and of none', () => {
    expect(releaseOf('9.9.9').libraryVersion).toBe('0.5.0-dev');
    expect(releaseOf(undefined).libraryVersion).toBe('0.5.0-dev');
  });
});

describe('requireLibraryPackage', () => {
  it('says which platforms are supported', () => {
    const machine = { platform: 'sunos', arch: 'x64', hasMusl: false };
    expect(() => requireLibraryPackage(machine)).toThrow(
      /no inference libraries for sunos-x64: .*linux-x64, linux-arm64, darwin-arm64, darwin-x64, win32-x64$/,
    );
  });

  it('says what runs on Windows on Arm, for which there are no libraries', () => {
    const machine = { platform: 'win32', arch: 'arm64', hasMusl: false };
    expect(() => requireLibraryPackage(machine)).toThrow(
      /no inference libraries for win32-arm64: install Node.js for x64/,
    );
  });

  it('says how to get the package for Windows, which no registry has', () => {
    const machine = { platform: 'win32', arch: 'x64', hasMusl: false };
    expect(() => findLibraryFolder(machine)).toThrow(
      /the package ollama-ts-win-x64 0\.5\.0 is not installed: use the archive .*"ollama backend install FILE"/,
    );
  });

  it('says what to do about musl, before a library is loaded', () => {
    for (const arch of ['x64', 'arm64', 'riscv64']) {
      const machine = { platform: 'linux', arch, hasMusl: true };
      expect(() => findLibraryFolder(machine)).toThrow(/need glibc, and this system has musl.*use a system/);
    }
  });

  it('says how to install a package that is missing', () => {
    const platform = process.platform === 'darwin' ? 'linux' : 'darwin';
    const machine = { platform, arch: 'arm64', hasMusl: false };
    expect(() => findLibraryFolder(machine)).toThrow(
      /the package @node-llama-cpp\/\S+ 3\.\S+ is not installed: run "npm install" without --omit=optional/,
    );
  });
});

describe('a package that was unpacked from a file', () => {
  const machine = { platform: 'win32', arch: 'x64', hasMusl: false };
  let folder: string;
  const describeAs = (name: string, version: string) =>
    writeFile(join(folder, 'package.json'), JSON.stringify({ name, version }));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ollama-libraries-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is used where none is installed', async () => {
    await describeAs('ollama-ts-win-x64', '0.5.0');
    expect(findLibraryFolder(machine, folder)).toBe(join(folder, 'bins', 'ollama-ts-win-x64'));
  });

  it.each([
    ['ollama-ts-win-x64', '0.4.0'],
    ['something', '0.5.0'],
  ])('is not used when it is %s %s', async (name, version) => {
    await describeAs(name, version);
    expect(() => findLibraryFolder(machine, folder)).toThrow(/ollama-ts-win-x64 0\.5\.0 is not installed/);
  });
});

describe('packageOfFolder', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ollama-libraries-'));
    await mkdir(join(root, 'bins', 'linux-x64'), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true }));

  it('reads the package of the installed libraries', () => {
    expect(packageOfFolder(findLibraryFolder())).toEqual(
      libraryPackages[`${process.platform}-${process.arch}`],
    );
  });

  it.each([
    ['no package', undefined],
    ['a damaged description', '{'],
    ['a description without a version', '{"name":"x"}'],
    ['a version that is not a text', '{"name":"x","version":3}'],
  ])('returns undefined for %s', async (_, text) => {
    if (text !== undefined) await writeFile(join(root, 'package.json'), text);
    expect(packageOfFolder(join(root, 'bins', 'linux-x64'))).toBeUndefined();
  });
});

it('says what is missing when the executable was copied without its libraries', () => {
  expect(() => requireArchiveFolder('/none/lib/ollama')).toThrow(
    /the folder \/none\/lib\/ollama .* unpack the whole archive/,
  );
});

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packFiles } from '../../test/fakes/package-file.ts';
import { type TarEntry, tarFile } from '../../test/fakes/tar-file.ts';
import { installLibraries, requireUnpackable, unpackedLibraries } from './install-libraries.ts';
import { readLibraryFile } from './library-file.ts';

const wanted = { name: 'ollama-ts-win-x64', version: '0.5.0' };
const bins = 'bins/ollama-ts-win-x64';
const description = (version = wanted.version, name = wanted.name) => JSON.stringify({ name, version });
const libraries = (version = wanted.version) => ({
  'package.json': description(version),
  LICENSE: 'MIT',
  [`${bins}/libllama.dll`]: `llama ${version}`,
  [`${bins}/ggml.dll`]: 'ggml',
  [`${bins}/ggml-base.dll`]: 'base',
  [`${bins}/libstdc++-6.dll`]: 'runtime',
});

let root: string;
let file: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ollama-libraries-'));
  file = join(root, 'ollama-ts-win-x64-0.5.0.tgz');
  folder = join(root, 'backends');
});
afterEach(() => rm(root, { recursive: true }));

const read = () => readLibraryFile(file, wanted);
async function install(probe: (path: string) => Promise<void> = async () => {}) {
  await packFiles(file, libraries());
  await installLibraries(await read(), { folder, wanted, probe });
}

describe('readLibraryFile', () => {
  it('returns the files of the package, and the digest of the file', async () => {
    await packFiles(file, libraries());
    const { files, digest } = await read();
    expect([...files.keys()].sort()).toEqual(Object.keys(libraries()).sort());
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    [
      'another version',
      { ...libraries('0.4.0') },
      /is ollama-ts-win-x64 0\.4\.0, but .* needs ollama-ts-win-x64 0\.5\.0 on/,
    ],
    ['another package', { 'package.json': description('0.5.0', 'other') }, /is other 0\.5\.0, but/],
    ['no description', { LICENSE: 'MIT' }, /not a package file, as "npm pack" makes it/],
    ['a damaged description', { 'package.json': '{' }, /its package\.json has no name and version/],
    [
      'no libraries',
      { 'package.json': description() },
      /lacks the libraries ggml-base, ggml, llama in bins\//,
    ],
  ])('refuses %s', async (_, contents, message) => {
    await packFiles(file, contents as Record<string, string>);
    await expect(read()).rejects.toThrow(message);
  });

  it.each<[string, TarEntry]>([
    ['leaves the folder', { name: 'package/../../x' }],
    ['has an absolute name', { name: 'package//etc/x' }],
    ['is outside of the package', { name: 'x' }],
    ['has a name with a drive', { name: 'package/c:x' }],
    ['has a name with a backslash', { name: 'package/..\\x' }],
    ['has a name that ends with a dot', { name: 'package/x.' }],
    ['is a symbolic link', { name: 'package/x', type: '2' }],
    ['is a hard link', { name: 'package/x', type: '1' }],
  ])('refuses an entry that %s', async (_, entry) => {
    await writeFile(file, tarFile([{ name: 'package/package.json', content: description() }, entry]));
    await expect(read()).rejects.toThrow(/is not a plain file with a plain name/);
  });

  it('says which file is missing or is no archive', async () => {
    await expect(read()).rejects.toThrow(`there is no file ${file}`);
    await writeFile(file, 'text');
    await expect(read()).rejects.toThrow(`${file}: is damaged, or not compressed with gzip`);
  });
});

describe('installLibraries', () => {
  it('installs the package, tries its libraries first, and leaves nothing else behind', async () => {
    let tried = '';
    await install(async (path) => {
      tried = await readFile(join(path, 'libllama.dll'), 'utf8');
    });
    expect(tried).toBe('llama 0.5.0');
    expect(await readdir(folder)).toEqual(['cpu']);
    expect(unpackedLibraries(folder, wanted)).toEqual({
      name: 'cpu',
      state: 'installed',
      version: '0.5.0',
      libraryFolder: join(folder, 'cpu', bins),
    });
  });

  it('keeps what is installed when the new libraries do not work', async () => {
    await install();
    await writeFile(join(folder, 'cpu', bins, 'libllama.dll'), 'older');
    const fails = () => Promise.reject(new Error('they do not load'));
    await expect(install(fails)).rejects.toThrow('they do not load');
    expect(await readFile(join(folder, 'cpu', bins, 'libllama.dll'), 'utf8')).toBe('older');
    expect(await readdir(folder)).toEqual(['cpu']);
  });

  it('replaces what is installed', async () => {
    await install();
    await writeFile(join(folder, 'cpu', bins, 'left-over.dll'), 'x');
    await install();
    expect(await readdir(join(folder, 'cpu', bins))).not.toContain('left-over.dll');
  });
});

describe('unpackedLibraries', () => {
  it('reports libraries of another version as outdated, and none where there are none', async () => {
    expect(unpackedLibraries(folder, wanted)).toBeUndefined();
    await install();
    expect(unpackedLibraries(folder, { ...wanted, version: '0.6.0' })).toEqual({
      name: 'cpu',
      state: 'needs update',
      version: '0.5.0',
    });
  });
});

it('a program with libraries of its own does not install others', () => {
  expect(() => requireUnpackable(true)).toThrow(/uses the libraries in the archive that it came in/);
});

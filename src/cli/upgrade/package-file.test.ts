import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packFiles, smallPackage } from '../../../test/fakes/package-file.ts';
import { startNpmRegistry } from '../../../test/fakes/servers/npm-registry.ts';
import { installDependencies } from './npm.ts';
import { PackageFile } from './package-file.ts';
import { replaceProgram } from './replace-program.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-package-file-'));
  file = join(folder, 'new.tgz');
});
afterEach(() => rm(folder, { recursive: true }));

const read = () => PackageFile.read(file, 'ollama-ts');

describe('a package file', () => {
  it('tells its version', async () => {
    await packFiles(file, smallPackage('1.2.3'));
    expect(await read()).toMatchObject({ path: file, version: '1.2.3' });
  });

  it('may have the package-lock.json of this program as its shrinkwrap', async () => {
    const root = new URL('../../../', import.meta.url);
    const [facts, lock] = await Promise.all(
      ['package.json', 'package-lock.json'].map((name) => readFile(new URL(name, root), 'utf8')),
    );
    await packFiles(file, { 'package.json': facts ?? '', 'npm-shrinkwrap.json': lock ?? '' });
    expect((await read()).version).toBe(JSON.parse(facts ?? '').version);
  });

  it.each([
    ['another package', smallPackage('1.0.0', { name: 'other' }), /is a package of other, not of ollama-ts/],
    ['a version that is none', smallPackage('latest'), /"latest" is not a version/],
    [
      'a dependency without a digest',
      smallPackage('1.0.0', { integrity: '' }),
      /does not pin its dependencies/,
    ],
    ['a weak digest', smallPackage('1.0.0', { integrity: 'sha1-x' }), /does not pin its dependencies/],
    ['no shrinkwrap', { 'package.json': '{"name":"ollama-ts","version":"1.0.0"}' }, /npm-shrinkwrap\.json/],
    ['no package.json', { 'other.json': '{}' }, /is not a package file/],
    [
      'the shrinkwrap of another version',
      { ...smallPackage('1.0.0'), 'package.json': '{"name":"ollama-ts","version":"2.0.0"}' },
      /does not pin its dependencies/,
    ],
  ])('is refused: %s', async (_, contents, message) => {
    await packFiles(file, contents);
    await expect(read()).rejects.toThrow(message);
    await expect(read()).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('must be one', async () => {
    await expect(read()).rejects.toThrow(/there is no file .*npm's registry yet/);
    await writeFile(file, 'text');
    await expect(read()).rejects.toThrow('is not a package file');
    await expect(PackageFile.read(folder, 'ollama-ts')).rejects.toThrow(/is a folder: run "sh scripts/);
  });
});

describe('replaceProgram', () => {
  const installed = () => join(folder, 'node_modules', 'ollama-ts');
  const modules = () => readdir(join(folder, 'node_modules'));

  beforeEach(async () => {
    await mkdir(installed(), { recursive: true });
    await writeFile(join(installed(), 'old'), '');
    await packFiles(file, smallPackage('1.2.3'));
  });

  it('puts the package with its dependencies in place of the old one', async () => {
    await replaceProgram(installed(), await read(), (staged) => writeFile(join(staged, 'dependencies'), ''));
    expect((await readdir(installed())).sort()).toEqual([
      'bin',
      'dependencies',
      'npm-shrinkwrap.json',
      'package.json',
    ]);
    expect((await stat(join(installed(), 'bin/ollama'))).mode & 0o111).toBe(0o111);
    expect(await modules()).toEqual(['ollama-ts']);
  });

  it('installs the bytes that were checked, whatever the file contains by then', async () => {
    const checked = await read();
    await packFiles(file, smallPackage('6.6.6'));
    await replaceProgram(installed(), checked, async () => undefined);
    expect(JSON.parse(await readFile(join(installed(), 'package.json'), 'utf8')).version).toBe('1.2.3');
  });

  it('keeps the old program when npm gets a dependency with another digest', async () => {
    await using registry = await startNpmRegistry('some', 'some');
    const { integrity } = await registry.publish('1.0.0');
    const install = async (staged: string) => {
      const cache = join(folder, 'cache');
      await writeFile(join(staged, '.npmrc'), `registry=${registry.url}\ncache=${cache}\n`);
      await installDependencies(staged);
    };
    await packFiles(file, smallPackage('1.2.3', { integrity: `sha512-${'A'.repeat(86)}==` }));
    await expect(replaceProgram(installed(), await read(), install)).rejects.toThrow('EINTEGRITY');
    expect(await readdir(installed())).toEqual(['old']);
    expect(await modules()).toEqual(['ollama-ts']);
    await packFiles(file, smallPackage('1.2.3', { integrity }));
    await replaceProgram(installed(), await read(), install);
    expect(await readdir(join(installed(), 'node_modules'))).toContain('some');
  });
});

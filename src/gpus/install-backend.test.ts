import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startNpmRegistry } from '../../test/fakes/servers/npm-registry.ts';
import { type BackendPackages, libraryFolder } from './backend-catalog.ts';
import { installBackend, removeBackend } from './install-backend.ts';
import { type BackendStatus, folderSize, listBackends } from './installed-backends.ts';

const npmProgram = fileURLToPath(new URL('../../test/fakes/runners/npm-program.mjs', import.meta.url));
/** npm's stand-in checks nothing. */
const integrity = {};
const vulkan: BackendPackages = {
  name: 'vulkan',
  packages: ['@scope/os-cpu-vulkan'],
  version: '2.0.0',
  integrity,
};
const cuda: BackendPackages = {
  name: 'cuda',
  packages: ['@scope/os-cpu-cuda', '@scope/os-cpu-cuda-ext'],
  version: '2.0.0',
  integrity,
};
const find = (name: string) => [vulkan, cuda].find((backend) => backend.name === name);

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'ollama-backends-')), 'backends');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

const install = (backend: BackendPackages, behaviour: string) =>
  installBackend(backend, { folder, npm: [process.execPath, npmProgram, behaviour] });
const states = () =>
  Object.fromEntries(
    listBackends(folder, find).map(({ name, state, version }) => [name, { state, version }]),
  );
const entries = () => readdir(folder);

describe('installBackend', () => {
  it('installs what is requested, and leaves nothing else behind', async () => {
    await install(vulkan, 'good');
    expect(states()).toEqual({
      cuda: { state: 'not installed', version: undefined },
      vulkan: { state: 'installed', version: '2.0.0' },
    });
    expect(await entries()).toEqual(['vulkan']);
    expect(await folderSize(join(folder, 'vulkan'))).toBeGreaterThan(10);
  });

  it('puts the library for older drivers next to the others', async () => {
    await install(cuda, 'good');
    const libraries = libraryFolder(join(folder, 'cuda'), cuda);
    expect(await readFile(join(libraries, 'libggml-cuda.so'), 'utf8')).toBe('@scope/os-cpu-cuda@2.0.0');
    expect(await readFile(join(libraries, 'fallback', 'libggml-cuda.so'), 'utf8')).toContain('-ext@2.0.0');
    expect(states().cuda?.state).toBe('installed');
  });

  it('runs no package scripts, and installs exact versions', async () => {
    await install(cuda, 'remember');
    const parameters = JSON.parse(await readFile(join(folder, 'cuda', 'parameters.json'), 'utf8'));
    expect(parameters).toEqual(expect.arrayContaining(['ci', '--ignore-scripts']));
    const { dependencies } = JSON.parse(await readFile(join(folder, 'cuda', 'package.json'), 'utf8'));
    expect(dependencies).toEqual({ '@scope/os-cpu-cuda': '2.0.0', '@scope/os-cpu-cuda-ext': '2.0.0' });
  });

  it('accepts only packages with the digests that it was given', async () => {
    const name = 'os-cpu-vulkan';
    await using registry = await startNpmRegistry(name, 'libggml-vulkan.so', `bins/${name}`);
    const { integrity: published } = await registry.publish('2.0.0');
    const backend = { ...vulkan, packages: [name] };
    const npm = [
      'env',
      `npm_config_registry=${registry.url}`,
      `npm_config_cache=${folder}-cache`,
      'npm',
    ] as const;
    const other = `sha512-${createHash('sha512').update('other').digest('base64')}`;
    const wrong = installBackend({ ...backend, integrity: { [name]: other } }, { folder, npm });
    await expect(wrong).rejects.toThrow(/npm could not install the backend: .*EINTEGRITY/);
    expect(await entries()).toEqual([]);
    await installBackend({ ...backend, integrity: { [name]: published } }, { folder, npm });
    expect(await entries()).toEqual(['vulkan']);
  });

  it('replaces an old version', async () => {
    await install({ ...vulkan, version: '1.0.0' }, 'good');
    expect(states().vulkan).toEqual({ state: 'needs update', version: '1.0.0' });
    await install(vulkan, 'good');
    expect(states().vulkan).toEqual({ state: 'installed', version: '2.0.0' });
    expect(await entries()).toEqual(['vulkan']);
  });

  it.each([
    ['fail', /npm could not install the backend: code E404; 404 Not Found$/],
    ['crash', /it was killed by SIGKILL/],
    ['old', /did not install @scope\/os-cpu-vulkan@2\.0\.0/],
    ['empty', /did not install/],
  ])('keeps the previous installation when npm does this: %s', async (behaviour, message) => {
    await install({ ...vulkan, version: '1.0.0' }, 'good');
    await expect(install(vulkan, behaviour)).rejects.toThrow(message);
    expect(states().vulkan).toEqual({ state: 'needs update', version: '1.0.0' });
    expect(await entries()).toEqual(['vulkan']);
  });

  it('reports when npm is missing', async () => {
    const npm = ['npm-that-is-nowhere'] as const;
    await expect(installBackend(vulkan, { folder, npm })).rejects.toThrow(/was not found: install npm/);
    expect(await entries()).toEqual([]);
  });

  it('removes what an interrupted installation left long ago, and nothing newer', async () => {
    for (const name of ['.tmp-old', '.tmp-new', 'other'])
      await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, '.tmp-old', 'file'), 'x');
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
    for (const name of ['.tmp-old', 'other']) await utimes(join(folder, name), twoDaysAgo, twoDaysAgo);
    await install(vulkan, 'good');
    expect((await entries()).sort()).toEqual(['.tmp-new', 'other', 'vulkan']);
  });
});

describe('listBackends', () => {
  it('does not treat a backend as installed when its library is missing or its package.json is damaged', async () => {
    await install(vulkan, 'good');
    await install(cuda, 'good');
    await rm(join(libraryFolder(join(folder, 'vulkan'), vulkan), 'libggml-vulkan.so'));
    await writeFile(join(folder, 'cuda/node_modules/@scope/os-cpu-cuda/package.json'), '{"version":');
    expect(states()).toEqual({
      cuda: { state: 'needs update', version: undefined },
      vulkan: { state: 'needs update', version: '2.0.0' },
    });
  });

  it('begins with the backend that is built in', () => {
    const metal: BackendStatus = { name: 'metal', state: 'built in', version: '3.21.1', libraryFolder: '/x' };
    expect(listBackends(folder, () => undefined, metal).map(({ name, state }) => `${name} ${state}`)).toEqual(
      ['metal built in', 'cuda not available', 'vulkan not available'],
    );
  });

  it('reports what is not available for this kind of machine', () => {
    expect(listBackends(folder, () => undefined)).toEqual([
      { name: 'cuda', state: 'not available' },
      { name: 'vulkan', state: 'not available' },
    ]);
  });
});

describe('removeBackend', () => {
  it('removes it, and reports when there was nothing to remove', async () => {
    await install(vulkan, 'good');
    expect(await removeBackend('vulkan', folder)).toBe(true);
    expect(existsSync(join(folder, 'vulkan'))).toBe(false);
    expect(await entries()).toEqual([]);
    expect(await removeBackend('vulkan', folder)).toBe(false);
  });
});

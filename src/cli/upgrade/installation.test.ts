import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findInstallation, readPackage, upgradeAdvice } from './installation.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ollama-installation-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function install(path: string, ...files: string[]): string {
  const folder = join(root, path);
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  mkdirSync(folder, { recursive: true });
  return folder;
}

it('recognises a global installation by the program next to it, on Linux and on Windows', () => {
  const linux = install('usr/lib/node_modules/ollama-ts', 'usr/bin/ollama');
  expect(findInstallation({ folder: linux, name: 'ollama-ts' })).toEqual({
    kind: 'global',
    prefix: join(root, 'usr'),
  });
  const scoped = install('usr/lib/node_modules/@some/ollama');
  expect(findInstallation({ folder: scoped, name: '@some/ollama' })).toEqual({
    kind: 'global',
    prefix: join(root, 'usr'),
  });
  const windows = install('npm/node_modules/ollama-ts', 'npm/ollama.cmd');
  expect(findInstallation({ folder: windows, name: 'ollama-ts' })).toEqual({
    kind: 'global',
    prefix: join(root, 'npm'),
  });
});

it.each([
  ['project/node_modules/ollama-ts', 'project/package.json', 'dependency', /npm install \.\/new\.tgz/],
  ['lib/node_modules/ollama-ts', 'package.json', 'dependency', /dependency of .*lib/],
  ['clone', 'clone/.git', 'clone', /git pull && npm ci && npm run build/],
  ['opt/ollama', 'opt/ollama/.image', 'image', /newer image/],
  ['somewhere', 'else', 'folder', /unpacked by hand/],
])('says what to do for %s', (path, file, kind, advice) => {
  const folder = install(path, file);
  const found = findInstallation({ folder, name: 'ollama-ts' });
  expect(found.kind).toBe(kind);
  if (found.kind !== 'global') expect(upgradeAdvice(found, './new.tgz')).toMatch(advice);
});

it('knows the executable of an archive, and says how to replace it', () => {
  const found = findInstallation({ folder: root, name: 'ollama-ts' }, '/usr/local/bin/ollama');
  expect(found).toEqual({ kind: 'archive', program: '/usr/local/bin/ollama' });
  if (found.kind === 'archive')
    expect(upgradeAdvice(found, 'new.tgz')).toMatch(/unpack that archive over this one/);
});

it('reads the package of this program', () => {
  const { name, version, folder } = readPackage();
  expect(name).toBe('ollama-ts');
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(findInstallation({ folder, name }).kind).toBe('clone');
});

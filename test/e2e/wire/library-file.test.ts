/** Libraries for the CPU that come as a file, with the package for this machine. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireLibraryPackage } from '../../../src/platform/library-folder.ts';
import { packFiles } from '../../fakes/package-file.ts';
import { runOllama } from '../support/server-process.ts';

const wanted = requireLibraryPackage();
const installed = fileURLToPath(new URL(`../../../node_modules/${wanted.name}`, import.meta.url));
let home: string;
let file: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ollama-home-'));
  const pack = ['pack', installed, '--ignore-scripts', '--silent', '--pack-destination', home];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: home });
  file = join(home, stdout.trim());
});
afterAll(() => rm(home, { recursive: true, force: true }));

const backend = (...args: string[]) =>
  runOllama(['backend', ...args], { host: '127.0.0.1:1', env: { HOME: home } });

it('installs the package after its libraries have passed the self test, lists it and removes it', async () => {
  const { status, stdout, stderr } = await backend('install', file);
  expect(stderr).toMatch(/from \S+\.tgz \(SHA-256 [0-9a-f]{64}\)/);
  expect(status).toBe(0);
  const folder = join(home, '.ollama', 'backends', 'cpu');
  expect(stdout).toContain(`installed ${wanted.name} ${wanted.version}`);
  expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version).toBe(wanted.version);
  expect((await backend('list')).stdout).toMatch(/^cpu +\d+\.\d+\.\d+ +installed +\d/m);
  expect((await backend('remove', 'cpu')).stdout).toContain('removed cpu');
  expect((await backend('list')).stdout).not.toMatch(/^cpu/m);
});

it('refuses libraries that do not load, and a file that does not exist', async () => {
  const folder = `bins/${wanted.name.slice(wanted.name.indexOf('/') + 1)}`;
  const empty = ['libggml-base.so', 'libggml.so', 'libllama.so'].map((name) => [`${folder}/${name}`, 'x']);
  const broken = join(home, 'broken.tgz');
  await packFiles(broken, { 'package.json': JSON.stringify(wanted), ...Object.fromEntries(empty) });
  const { status, stderr } = await backend('install', broken);
  expect(stderr).toMatch(/Error: .*libraries do not load/);
  expect(status).toBe(1);
  const missing = await backend('install', join(home, 'nothing.tgz'));
  expect(missing.stderr).toContain(`there is no file ${join(home, 'nothing.tgz')}`);
});

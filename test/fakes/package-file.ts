/** Package files as `npm pack` makes them. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Packs this program as it is built, with its shrinkwrap, and changes nothing in the repository. @returns the file */
export async function packProgram(folder: string): Promise<string> {
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: root });
  const file = join(folder, stdout.trim());
  const unpacked = await mkdtemp(join(tmpdir(), 'ollama-pack-'));
  try {
    await run('tar', ['-xzf', file, '-C', unpacked]);
    await copyFile(join(root, 'package-lock.json'), join(unpacked, 'package', 'npm-shrinkwrap.json'));
    await run('tar', ['-czf', file, '-C', unpacked, 'package']);
  } finally {
    await rm(unpacked, { recursive: true });
  }
  return file;
}

/** Packs files, given by their paths in the package. Everything in `bin` is a program. */
export async function packFiles(file: string, contents: Readonly<Record<string, string>>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ollama-pack-'));
  try {
    for (const [path, text] of Object.entries(contents)) {
      const target = join(folder, 'package', path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
    }
    await run('tar', ['-czf', file, '-C', folder, 'package']);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A small package of ours: its program prints its version, and its shrinkwrap names one dependency. */
export function smallPackage(
  version: string,
  { name = 'ollama-ts', dependency = 'some', integrity = 'sha512-x' } = {},
): Record<string, string> {
  const facts = { name, version };
  const dependencies = { [dependency]: '1.0.0' };
  const locked = { version: '1.0.0', ...(integrity !== '' && { integrity }) };
  const packages = { '': { ...facts, dependencies }, [`node_modules/${dependency}`]: locked };
  return {
    'package.json': JSON.stringify({ ...facts, dependencies }),
    'npm-shrinkwrap.json': JSON.stringify({ ...facts, lockfileVersion: 3, requires: true, packages }),
    'bin/ollama': `#!/bin/sh\necho ${version}\n`,
  };
}

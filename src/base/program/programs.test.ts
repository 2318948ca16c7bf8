import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { archiveLibraryFolder, embeddedFile, isOneFile, readOwnFile, readOwnFileSync } from './own-files.ts';
import { programOf, programs, threads, withNodeOptions } from './programs.ts';

it('names a source file for every program and thread', () => {
  for (const path of Object.values({ ...programs, ...threads })) {
    const source = fileURLToPath(new URL(`../../${path}.ts`, import.meta.url));
    expect(existsSync(source), source).toBe(true);
  }
});

it('starts programs by the path of their file when it runs from files', () => {
  expect(isOneFile).toBe(false);
  expect(programOf('engine')).toMatch(/src[/\\]engine[/\\]main\.js$/);
});

it("gives the options of Node on the command line, and in the environment where the command line is the program's", () => {
  const options = ['--max-old-space-size=64', '--max-semi-space-size=2'];
  expect(withNodeOptions(options, false)).toEqual({ parameters: options, env: {} });
  expect(withNodeOptions(options, true)).toEqual({
    parameters: [],
    env: { NODE_OPTIONS: '--max-old-space-size=64 --max-semi-space-size=2' },
  });
});

it('reads the files of the package by their path, and any other by an absolute one', async () => {
  expect(JSON.parse(readOwnFileSync('package.json').toString()).name).toBe('ollama-ts');
  expect((await readOwnFile(fileURLToPath(import.meta.url))).toString()).toContain('by their path');
  await expect(readOwnFile('none')).rejects.toMatchObject({ code: 'ENOENT' });
  expect(embeddedFile('package.json')).toBeUndefined();
});

it("finds the libraries where Ollama's archives have them", () => {
  expect(archiveLibraryFolder('/opt/ollama/bin/ollama', 'linux')).toBe(join('/opt/ollama/lib/ollama'));
  expect(archiveLibraryFolder('/apps/ollama.exe', 'win32')).toBe(join('/apps/lib/ollama'));
});

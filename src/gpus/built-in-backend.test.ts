import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtInBackend } from './built-in-backend.ts';

let root: string;
let folder: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ollama-metal-'));
  folder = join(root, 'bins', 'mac-arm64-metal');
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(root, 'package.json'),
    '{"name":"@node-llama-cpp/mac-arm64-metal","version":"3.21.1"}',
  );
});
afterEach(() => rm(root, { recursive: true }));

describe('builtInBackend', () => {
  it('is Metal on Apple silicon, in the package of the libraries for the CPU', () => {
    expect(builtInBackend('darwin', 'arm64', () => folder)).toEqual({
      name: 'metal',
      state: 'built in',
      version: '3.21.1',
      libraryFolder: folder,
    });
  });

  it('is not available where the package is not installed', () => {
    const fail = () => {
      throw new Error('not installed');
    };
    expect(builtInBackend('darwin', 'arm64', fail)).toEqual({ name: 'metal', state: 'not available' });
  });

  it.each([
    ['darwin', 'x64'],
    ['linux', 'arm64'],
    ['linux', 'x64'],
    ['win32', 'arm64'],
  ])('is none on %s-%s', (platform, arch) => {
    expect(builtInBackend(platform, arch, () => folder)).toBeUndefined();
  });
});

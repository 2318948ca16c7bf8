import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findPackages } from './backend-catalog.ts';
import { DIGESTS_VERSION, digestOf } from './package-digests.ts';

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, { version?: string; integrity?: string }>;
};

it('has the digests of package-lock.json for the packages for Linux', () => {
  const locked = Object.entries(lock.packages).filter(([path]) => path.includes('@node-llama-cpp/linux-'));
  expect(locked).toHaveLength(2);
  for (const [path, { version, integrity }] of locked) {
    expect(version).toBe(DIGESTS_VERSION);
    expect(digestOf(path.slice('node_modules/'.length))).toBe(integrity);
  }
});

it('has a digest for every package of a backend, in the version that belongs to this program', () => {
  for (const name of ['cuda', 'vulkan'] as const) {
    const backend = findPackages(name, 'linux', 'x64');
    expect(backend?.version).toBe(DIGESTS_VERSION);
    for (const found of backend?.packages ?? []) {
      expect(Buffer.from(digestOf(found).replace(/^sha512-/, ''), 'base64')).toHaveLength(64);
    }
  }
});

it('does not accept a package that it does not know', () => {
  expect(() => digestOf('@node-llama-cpp/other')).toThrow('no digest');
});

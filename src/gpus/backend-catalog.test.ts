import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { findPackages, libraryFolder, requireBackendName } from './backend-catalog.ts';

const pinned: Record<string, string> = createRequire(import.meta.url)(
  '../../package.json',
).optionalDependencies;

describe('findPackages', () => {
  it.each([
    ['cuda', ['@node-llama-cpp/linux-x64-cuda', '@node-llama-cpp/linux-x64-cuda-ext']],
    ['vulkan', ['@node-llama-cpp/linux-x64-vulkan']],
  ] as const)('has %s for Linux in the version of the libraries for the CPU', (name, packages) => {
    expect(findPackages(name, 'linux', 'x64')).toMatchObject({
      name,
      packages,
      version: pinned['@node-llama-cpp/linux-x64'],
    });
  });

  it.each([
    ['linux', 'arm64'],
    ['darwin', 'arm64'],
    ['win32', 'x64'],
  ])('has no packages for %s-%s', (platform, arch) => {
    expect(findPackages('vulkan', platform, arch)).toBeUndefined();
  });

  it('all CPU packages for Linux have one version, which the other packages use too', () => {
    const versions = Object.entries(pinned).flatMap(([name, version]) =>
      name.startsWith('@node-llama-cpp/linux-') ? [version] : [],
    );
    expect(versions.length).toBeGreaterThan(1);
    expect(new Set(versions).size).toBe(1);
    expect(pinned['@node-llama-cpp/linux-x64']).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

it('the libraries are where the package has them', () => {
  const vulkan = findPackages('vulkan', 'linux', 'x64');
  expect(vulkan && libraryFolder('/b/vulkan', vulkan)).toBe(
    '/b/vulkan/node_modules/@node-llama-cpp/linux-x64-vulkan/bins/linux-x64-vulkan',
  );
});

describe('requireBackendName', () => {
  it('ignores case', () => {
    expect(requireBackendName('CUDA')).toBe('cuda');
  });

  it('says that metal is neither installed nor removed', () => {
    expect(() => requireBackendName('Metal')).toThrow(/metal is part of the libraries for Macs/);
  });

  it.each([undefined, '', 'rocm', '../cuda', '__proto__'])(
    'rejects %s, naming the available backends',
    (text) => {
      expect(() => requireBackendName(text)).toThrow(/unknown backend .*; available backends: cuda, vulkan/);
    },
  );
});

import { describe, expect, it } from 'vitest';
import { installedPackage, requireKnownArchitecture } from './known-architectures.ts';

const older = { name: '@node-llama-cpp/mac-arm64-metal', version: '3.21.1' };
const newer = { name: '@node-llama-cpp/linux-x64', version: '3.22.1' };

describe('requireKnownArchitecture', () => {
  it.each(['maple', 'hy_v4', 'hrm_text', 'spark2_5'])(
    'refuses %s with libraries that lack it, naming package and version',
    (architecture) => {
      const refuse = () => requireKnownArchitecture('some:latest', architecture, older);
      expect(refuse).toThrow(
        `some:latest has the architecture "${architecture}", which @node-llama-cpp/mac-arm64-metal 3.21.1 (llama.cpp 0.4.0-dev) does not know: run it on a platform with newer libraries`,
      );
    },
  );

  it('accepts it with newer libraries, and any other architecture with older ones', () => {
    expect(() => requireKnownArchitecture('some', 'maple', newer)).not.toThrow();
    expect(() => requireKnownArchitecture('some', 'llama', older)).not.toThrow();
    expect(() => requireKnownArchitecture('some', 'constructor', older)).not.toThrow();
  });

  it('leaves it to the load to fail where nothing is known about the libraries', () => {
    expect(() => requireKnownArchitecture('some', 'maple', undefined)).not.toThrow();
  });
});

it('finds the package of this machine', () => {
  expect(installedPackage()?.name).toMatch(/^@node-llama-cpp\//);
});

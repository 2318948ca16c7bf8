import { expect, it } from 'vitest';
import { compareVersions, requireVersion } from './version-order.ts';

it('orders versions according to semver.org', () => {
  const ordered = [
    '0.9.10',
    '0.33.0-alpha',
    '0.33.0-alpha.1',
    '0.33.0-alpha.beta',
    '0.33.0-beta',
    '0.33.0-beta.2',
    '0.33.0-beta.11',
    '0.33.0-rc.1',
    '0.33.0',
    '0.33.1',
    '1.0.0',
  ];
  for (const [index, version] of ordered.entries()) {
    expect(compareVersions(version, version)).toBe(0);
    for (const newer of ordered.slice(index + 1)) {
      expect(compareVersions(version, newer), `${version} < ${newer}`).toBeLessThan(0);
      expect(compareVersions(newer, version), `${newer} > ${version}`).toBeGreaterThan(0);
    }
  }
});

it('accepts versions with or without a v', () => {
  expect(requireVersion('v1.2.3')).toBe('1.2.3');
  expect(requireVersion('1.2.3-rc.1')).toBe('1.2.3-rc.1');
});

it.each(['', 'latest', '1.2', '1.2.3 ', '--global', '1.2.3;ls', '../x', '1.2.3-', '9999999999.0.0'])(
  'refuses %j',
  (text) => {
    expect(() => requireVersion(text)).toThrow(/is not a version/);
  },
);

import { describe, expect, it } from 'vitest';
import { digestFileName, isDigest, parseDigest, shortDigest } from './digest.ts';

const hex = '0123456789abcdef'.repeat(4);

describe('parseDigest', () => {
  it.each([`sha256:${hex}`, `sha256-${hex}`, `sha256:${hex.toUpperCase()}`])('reads %s', (text) => {
    expect(parseDigest(text)).toBe(`sha256:${hex}`);
  });

  it.each([
    '',
    hex,
    `sha512:${hex}`,
    `sha256:${hex.slice(1)}`,
    `sha256:${hex}0`,
    `sha256:${hex}\n`,
    `\nsha256:${hex}`,
    `sha256:../../../../etc/passwd`,
    `sha256-${'../'.repeat(21)}x`,
    `sha256:${'g'.repeat(64)}`,
  ])(
    'refuses %j, which could become a path of the sender’s choice (CVE-2024-37032, CVE-2026-7020)',
    (text) => {
      expect(() => parseDigest(text)).toThrow('invalid digest format');
      expect(isDigest(text)).toBe(false);
    },
  );
});

describe('digestFileName', () => {
  it('returns a plain file name', () => {
    expect(digestFileName(parseDigest(`sha256:${hex}`))).toBe(`sha256-${hex}`);
  });

  it('refuses a digest that was not checked', () => {
    expect(() => digestFileName('sha256:../../x')).toThrow('invalid digest format');
  });
});

it('shortDigest is the first 12 digits', () => {
  expect(shortDigest(parseDigest(`sha256:${hex}`))).toBe('0123456789ab');
});

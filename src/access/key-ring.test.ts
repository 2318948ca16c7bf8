import { describe, expect, it } from 'vitest';
import { keyRecord } from '../../test/fakes/access/key-records.ts';
import { digestOf, KeyRing } from './key-ring.ts';

const now = 1_000_000;

function identified(ring: KeyRing, credential: string, at = now): string {
  const found = ring.identify(credential, at);
  return typeof found === 'string' ? found : found.name;
}

describe('a key ring', () => {
  it('finds keys by what a client presents', () => {
    const ring = new KeyRing([keyRecord('ok-a', { name: 'a' }), keyRecord('ok-b', { name: 'b' })]);
    expect(['ok-a', 'ok-b', 'ok-c', '', digestOf('ok-a')].map((text) => identified(ring, text))).toEqual([
      'a',
      'b',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });

  it('does not hash a credential that is far longer than any key', () => {
    const long = 'x'.repeat(513);
    const ring = new KeyRing([keyRecord(long), keyRecord(long.slice(1), { name: 'longest' })]);
    expect(identified(ring, long)).toBe('unknown');
    expect(identified(ring, long.slice(1))).toBe('longest');
  });

  it('ends keys at their time, and counts them still', () => {
    const ring = new KeyRing([keyRecord('ok-a', { name: 'a', expiresAt: now })]);
    expect([identified(ring, 'ok-a', now - 1), identified(ring, 'ok-a')]).toEqual(['a', 'expired']);
    expect(ring.size).toBe(1);
  });

  it('accepts the key before a rotation for its time, at most as long as the new one', () => {
    const previous = { hash: digestOf('ok-old'), until: now + 10 };
    const ring = new KeyRing([keyRecord('ok-new', { name: 'a', previous })]);
    expect(['ok-new', 'ok-old'].map((text) => identified(ring, text))).toEqual(['a', 'a']);
    expect(identified(ring, 'ok-old', now + 10)).toBe('expired');
    const short = new KeyRing([keyRecord('ok-new', { previous, expiresAt: now + 5 })]);
    expect(identified(short, 'ok-old', now + 5)).toBe('expired');
  });

  it('gives the scope admin every other scope', () => {
    const found = new KeyRing([keyRecord('ok-a', { scopes: ['admin'] })]).identify('ok-a', now);
    expect(typeof found !== 'string' && [...found.scopes]).toContain('metrics');
  });
});

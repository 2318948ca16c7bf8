import { describe, expect, it } from 'vitest';
import { MAX_MEDIUM_BYTES, mediaProblem } from './media-text.ts';

describe('mediaProblem', () => {
  it.each(['AAAA', 'AA==', 'AAA=', 'AA\r\nAA\r\n', 'AA=\r\n=\r\n', '+/+/'])(
    'has nothing against %j',
    (text) => {
      expect(mediaProblem(text)).toBeUndefined();
    },
  );

  it.each(['AAA', 'A=AA', '====', 'AA= =', 'AA-_', 'AA=\n\nAA', 'é', 'AAAA\u0000'])('refuses %j', (text) => {
    expect(mediaProblem(text)).toBe('it is not base64');
  });

  it('says what to do about an empty text and a URL', () => {
    expect(mediaProblem('')).toBe('it is empty');
    expect(mediaProblem('data:image/png;base64,AAAA')).toContain('send only the base64');
  });

  it('refuses what is too large, whether or not it has line breaks', () => {
    const most = (MAX_MEDIUM_BYTES / 3) * 4;
    expect(mediaProblem('A'.repeat(most))).toBeUndefined();
    expect(mediaProblem('A'.repeat(most + 4))).toContain('more than 48 MiB');
    expect(mediaProblem(`${'A'.repeat(1.1 * most)}\n`)).toContain('more than 48 MiB');
  });
});

import { describe, expect, it } from 'vitest';
import { trimSpace } from './white-space.ts';

describe('trimming as in Go', () => {
  it('removes white space of any script from both ends, but not from the middle', () => {
    expect(trimSpace(' \t\r\n\u00a0\u2003\u3000a b\u0085\u2028\v\f')).toBe('a b');
  });

  it('keeps a byte order mark, which JavaScript would remove', () => {
    expect(trimSpace('\ufeffa ')).toBe('\ufeffa');
  });

  it('returns an empty text if there is only white space', () => {
    expect(trimSpace(' \u0085\n')).toBe('');
    expect(trimSpace('')).toBe('');
  });
});

import { describe, expect, it } from 'vitest';
import { trimSpace } from './white-space.ts';

describe('trimming as Go does it', () => {
  it('takes white space of any script from both ends, none from within', () => {
    expect(trimSpace(' \t\r\n\u00a0\u2003\u3000a b\u0085\u2028\v\f')).toBe('a b');
  });

  it('leaves a byte order mark, which JavaScript would take', () => {
    expect(trimSpace('\ufeffa ')).toBe('\ufeffa');
  });

  it('leaves nothing of a text of white space alone', () => {
    expect(trimSpace(' \u0085\n')).toBe('');
    expect(trimSpace('')).toBe('');
  });
});

import { describe, expect, it } from 'vitest';
import { readSettings } from './run-flags.ts';

describe('the flags of run', () => {
  it('have defaults', () => {
    expect(readSettings({})).toEqual({ wordWrap: true, verbose: false, hideThinking: false, options: {} });
  });

  it('are read', () => {
    const flags = {
      nowordwrap: true,
      verbose: true,
      hidethinking: true,
      keepalive: '-1m',
      think: 'max',
      format: '{"type":"object"}',
    };
    expect(readSettings(flags)).toEqual({
      wordWrap: false,
      verbose: true,
      hideThinking: true,
      options: {},
      keepAlive: '-1m',
      think: 'max',
      format: { type: 'object' },
    });
    expect(readSettings({ think: 'false', format: 'json' })).toMatchObject({ think: false, format: 'json' });
  });

  it.each([
    ['true', true],
    ['', true],
    ['false', false],
    ['high', 'high'],
    ['medium', 'medium'],
    ['low', 'low'],
    ['max', 'max'],
  ])('--think=%s', (think, sent) => {
    expect(readSettings({ think }).think).toBe(sent);
  });

  it('treat an empty duration or format as not given', () => {
    expect(readSettings({ keepalive: '', format: '' })).toEqual(readSettings({}));
  });

  it.each([
    [{ keepalive: '5x' }, 'time: invalid duration "5x"'],
    [{ think: 'x' }, 'invalid value for --think: "x" (must be true, false, high, medium, low, or max)'],
    [{ format: 'xml' }, 'invalid value for --format'],
    [{ format: '[1]' }, 'invalid value for --format'],
  ])('refuse %j', (flags, message) => {
    expect(() => readSettings(flags)).toThrow(message);
  });
});

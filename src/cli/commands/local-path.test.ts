import { describe, expect, it } from 'vitest';
import { isPath, isWithin, resolvePath } from './local-path.ts';

const HOME = 'C:\\Users\\Zoë';
const FOLDER = 'D:\\work';

describe('a path in a Modelfile', () => {
  it.each([
    ['linux', './x.gguf', true],
    ['linux', '/x.gguf', true],
    ['linux', '~/x.gguf', true],
    ['linux', 'x.gguf', false],
    ['linux', 'hf.co/someone/model', false],
    ['linux', 'https://example.com/x.gguf', false],
    ['win32', 'C:/models/x.gguf', true],
    ['win32', 'c:\\models\\x.gguf', true],
    ['win32', '.\\x.gguf', true],
    ['win32', '..\\x.gguf', true],
    ['win32', '~\\x.gguf', true],
    ['win32', '\\\\nas\\models\\x.gguf', true],
    ['win32', 'models\\x.gguf', true],
    ['win32', 'hf.co/someone/model', false],
    ['win32', 'llama3.2:1b', false],
    ['win32', 'http://c:/x.gguf', false],
  ] as const)('on %s, %s cannot be the name of a model: %s', (platform, source, expected) => {
    expect(isPath(source, platform)).toBe(expected);
  });

  it.each([
    ['x.gguf', 'D:\\work\\x.gguf'],
    ['.\\a/b.gguf', 'D:\\work\\a\\b.gguf'],
    ['..\\x.gguf', 'D:\\x.gguf'],
    ['C:/models/x.gguf', 'C:\\models\\x.gguf'],
    ['\\models\\x.gguf', 'D:\\models\\x.gguf'],
    ['\\\\nas\\models\\x.gguf', '\\\\nas\\models\\x.gguf'],
    ['~\\x.gguf', `${HOME}\\x.gguf`],
    ['~/日本/x.gguf', `${HOME}\\日本\\x.gguf`],
    ['~', HOME],
    ['~x.gguf', 'D:\\work\\~x.gguf'],
  ])('on Windows, %s is %s', (source, path) => {
    expect(resolvePath(source, { folder: FOLDER, home: HOME, platform: 'win32' })).toBe(path);
  });

  it('on Linux, a backslash is part of a name', () => {
    const bases = { folder: '/work', home: '/home/me', platform: 'linux' } as const;
    expect(resolvePath('~\\x.gguf', bases)).toBe('/work/~\\x.gguf');
    expect(resolvePath('~/x.gguf', bases)).toBe('/home/me/x.gguf');
  });
});

describe('the inside of a folder', () => {
  it.each([
    ['linux', '/a/b', '/a', true],
    ['linux', '/a', '/a', false],
    ['linux', '/ab', '/a', false],
    ['linux', '/a/..b', '/a', true],
    ['win32', 'C:\\A\\b', 'c:\\a', true],
    ['win32', 'D:\\a\\b', 'C:\\a', false],
    ['win32', '\\\\nas\\a\\b', 'C:\\a', false],
  ] as const)('on %s, %s is in %s: %s', (platform, path, folder, expected) => {
    expect(isWithin(path, folder, platform)).toBe(expected);
  });
});

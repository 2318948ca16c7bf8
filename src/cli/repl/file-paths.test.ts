import { describe, expect, it } from 'vitest';
import { findBareNames, findPaths, pathMeant, readingsOf, unescapePath, withoutPath } from './file-paths.ts';

describe('paths in a prompt', () => {
  it.each([
    ['what is ./cat.png?', ['./cat.png']],
    ['compare /a/one.jpg and /b/two.JPEG', ['/a/one.jpg', '/b/two.JPEG']],
    ['../up.webp', ['../up.webp']],
    ['/home/me/my\\ cat.png', ['/home/me/my\\ cat.png']],
    ['/home/me/my cat.png', ['/home/me/my cat.png']],
    ['c:\\pictures\\cat.png', ['c:\\pictures\\cat.png']],
    ['C:/pictures/cat.PNG please', ['C:/pictures/cat.PNG']],
    ["'/a/it.wav'", ['/a/it.wav']],
    ['line /one\nand /two.png', ['/two.png']],
    ['cat.png', []],
    ['/.png', []],
    ['tab\t/a b.png', ['/a b.png']],
    ['/a\tb.png', []],
    ['/a/cat.pngs', []],
    ['/a/cat.tif', []],
    ['/a.png/b.png', ['/a.png/b.png']],
    ['https://example.com/cat.png', ['//example.com/cat.png']],
    ['what is "~/my cat.png"?', ['~/my cat.png']],
    ['~/cat.png', ['~/cat.png']],
    ['backup~/cat.png', ['/cat.png']],
    ['look at ..\\my pictures\\cat.png', ['..\\my pictures\\cat.png']],
    ['"~\\cat.png"', ['~\\cat.png']],
    ['\\\\nas\\a b\\cat.png', ['\\\\nas\\a b\\cat.png']],
    ['no path at all', []],
  ])('%j', (text, paths) => {
    expect(findPaths(text)).toEqual(paths);
  });

  it('are searched in linear time, even in a text without any', () => {
    const text = '/a.'.repeat(1_000_000);
    expect(findPaths(`${text}\n.png`)).toEqual([]);
    expect(findPaths(`${'/a.png '.repeat(50_000)}`)).toHaveLength(50_000);
  });

  it('may begin later than it seems', () => {
    expect(readingsOf('/either or ./b c.png')).toEqual(['/either or ./b c.png', './b c.png']);
    expect(readingsOf('/either or ~/b c.png')).toEqual(['/either or ~/b c.png', '~/b c.png']);
    expect(readingsOf('/a.png')).toEqual(['/a.png']);
  });

  it.each([
    ['~/my\\ cat.png', '/home/me/my cat.png'],
    ['\\~/cat.png', '~/cat.png'],
    ['./~/cat.png', './~/cat.png'],
  ])('may begin at home: %s', (found, path) => {
    expect(pathMeant(found, '/home/me', 'linux')).toBe(path);
  });

  it.each([
    ['C:\\a\\[1].png', 'C:\\a\\[1].png'],
    ['~\\(1).png', 'C:\\Users\\me\\(1).png'],
    ['~/my cat.png', 'C:\\Users\\me\\my cat.png'],
    ['.\\&.png', '.\\&.png'],
  ])('have no escapes on Windows: %s', (found, path) => {
    expect(pathMeant(found, 'C:\\Users\\me', 'win32')).toBe(path);
  });

  it.each([
    ['/a\\ b.png', '/a b.png'],
    ['/a\\(1\\)\\[2\\]\\{3\\}.png', '/a(1)[2]{3}.png'],
    ["/a\\$\\&\\;\\'\\*\\?\\~.png", "/a$&;'*?~.png"],
    ['c:\\\\dir\\\\a.png', 'c:\\dir\\a.png'],
    ['c:\\dir\\a.png', 'c:\\dir\\a.png'],
  ])('are unescaped: %s', (text, path) => {
    expect(unescapePath(text)).toBe(path);
  });

  it.each([
    ['what is ./cat.png ?', './cat.png', 'what is  ?'],
    ["what is './cat.png'", './cat.png', 'what is'],
    ['what is "./cat.png"', './cat.png', 'what is'],
    ["'/a b.png' /a\\ b.png x", '/a\\ b.png', 'x'],
  ])('are removed from the prompt: %s', (text, path, rest) => {
    expect(withoutPath(text, path)).toBe(rest);
  });
});

describe('bare names in a prompt', () => {
  it.each([
    ['what is in cat.png?', ['cat.png']],
    ["it's (pictures/cat.JPG), 'dog.png' and `song.flac`!", ['pictures/cat.JPG', 'dog.png', 'song.flac']],
    ['écran_1.webp', ['écran_1.webp']],
    ['a.b.png...', ['a.b.png']],
    ['./cat.png ../cat.png /cat.png ~/cat.png .png', []],
    ['https://example.com/cat.png', []],
    ['cat.pngs cat.tif cat.png.txt', []],
  ])('%j', (text, names) => {
    expect(findBareNames(text)).toEqual(names);
  });

  it('are searched in linear time, however long a word is', () => {
    expect(findBareNames('a.png'.repeat(1_000_000))).toEqual([]);
    expect(findBareNames('a.png '.repeat(100_000))).toHaveLength(100_000);
  });
});

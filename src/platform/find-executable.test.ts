import { expect, it } from 'vitest';
import { findExecutable } from './find-executable.ts';

const find = (name: string, platform: NodeJS.Platform, PATH: string, files: readonly string[]) =>
  findExecutable(name, { platform, environment: { PATH }, isProgram: (path) => files.includes(path) });

it('looks in the folders of the PATH in order', () => {
  expect(find('code', 'linux', '/a:/b::/c', ['/c/code', '/b/code'])).toBe('/b/code');
  expect(find('code', 'linux', '/a', ['/b/code'])).toBeUndefined();
});

it('adds the endings of programs on Windows, where a semicolon separates the folders', () => {
  const files = ['C:\\npm\\claude', 'C:\\npm\\claude.cmd', 'D:\\bin\\claude.exe'];
  expect(find('claude', 'win32', 'C:\\npm;D:\\bin', files), 'the first folder counts').toBe(files[1]);
  expect(find('claude', 'win32', '"D:\\bin";C:\\npm', files), 'with quotes').toBe(files[2]);
  expect(find('claude.exe', 'win32', 'C:\\npm;D:\\bin', files)).toBe(files[2]);
});

it('takes a path as it is', () => {
  expect(find('/opt/code', 'linux', '/a', ['/opt/code'])).toBe('/opt/code');
  expect(find('C:\\x y\\edit', 'win32', '', ['C:\\x y\\edit.exe'])).toBe('C:\\x y\\edit.exe');
  expect(find('tools/edit.cmd', 'win32', '', ['tools/edit.cmd'])).toBe('tools/edit.cmd');
});

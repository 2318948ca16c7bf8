import { expect, it } from 'vitest';
import { nativePath } from './native-path.ts';

const long = 'long\\'.repeat(60);

it.each([
  [`C:\\${long}model.gguf`, `\\\\?\\C:\\${long}model.gguf`],
  [`C:/${long}/model.gguf`, `\\\\?\\C:\\${long}model.gguf`],
  [`\\\\server\\share\\${long}model.gguf`, `\\\\?\\UNC\\server\\share\\${long}model.gguf`],
  [`\\\\?\\C:\\${long}model.gguf`, `\\\\?\\C:\\${long}model.gguf`],
  ['C:\\models\\model.gguf', 'C:\\models\\model.gguf'],
])('writes %s on Windows as %s', (path, native) => {
  expect(nativePath(path, 'win32')).toBe(native);
});

it('leaves all paths of other systems alone', () => {
  const path = `/${'long/'.repeat(60)}model.gguf`;
  expect(nativePath(path, 'linux')).toBe(path);
});

import { expect, it } from 'vitest';
import { fileKeys } from './create-file-keys.ts';

it.each([
  [[], []],
  [['/models/a/x.gguf'], ['x.gguf']],
  [
    ['/m/x.gguf', '/m/y.gguf'],
    ['x.gguf', 'y.gguf'],
  ],
  [
    ['/m/a/x.gguf', '/m/b/x.gguf'],
    ['a/x.gguf', 'b/x.gguf'],
  ],
  [
    ['/m/x.gguf', '/m/deep/er/y.gguf'],
    ['x.gguf', 'deep/er/y.gguf'],
  ],
  [
    ['/model/x.gguf', '/models/y.gguf'],
    ['model/x.gguf', 'models/y.gguf'],
  ],
  [
    ['/x.gguf', '/a/y.gguf'],
    ['x.gguf', 'a/y.gguf'],
  ],
])('%j become %j', (paths, keys) => {
  expect(fileKeys(paths, 'linux')).toEqual(keys);
});

it.each([
  [['C:\\m\\x.gguf'], ['x.gguf']],
  [
    ['C:\\m\\a\\x.gguf', 'C:\\m\\b\\x.gguf'],
    ['a/x.gguf', 'b/x.gguf'],
  ],
  [
    ['C:\\m\\x.gguf', 'D:\\m\\x.gguf', '\\\\nas\\m\\x.gguf'],
    ['m/x.gguf', 'D/m/x.gguf', 'nas/m/x.gguf'],
  ],
])('on Windows, %j become %j', (paths, keys) => {
  expect(fileKeys(paths, 'win32')).toEqual(keys);
});

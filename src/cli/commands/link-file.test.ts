import { expect, it } from 'vitest';
import { linkFailure } from './link-file.ts';

const failure = (code: string) => Object.assign(new Error(`${code}: symlink`), { code });

it('names developer mode where Windows forbids symbolic links', () => {
  expect(linkFailure(failure('EPERM'), 'win32')).toMatch(/another drive .*developer mode/);
  expect(linkFailure(failure('EPERM'), 'linux')).toBe('EPERM: symlink');
  expect(linkFailure(failure('EACCES'), 'linux')).toMatch(/cannot write to the server's models folder/);
});

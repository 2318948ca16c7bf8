import { expect, it } from 'vitest';
import { linkProblem } from './link-file.ts';

const failure = (code: string) => Object.assign(new Error(`${code}: refused`), { code });

it('names the developer mode where Windows refuses a symbolic link', () => {
  expect(linkProblem(failure('EPERM'), 'win32')).toContain('developer mode');
  expect(linkProblem(failure('EPERM'), 'linux')).toBe('EPERM: refused');
});

it.each(['EACCES', 'ENOENT'])(
  "names the models folder where the link's place cannot be written to (%s)",
  (code) => {
    for (const platform of ['linux', 'win32'] as const)
      expect(linkProblem(failure(code), platform)).toContain("the server's models folder");
  },
);

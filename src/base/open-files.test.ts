import { expect, it } from 'vitest';
import { fewFilesMessage, openFileLimit, parseOpenFileLimit } from './open-files.ts';

it('reads the soft limit of open files', () => {
  const line = (soft: string) =>
    `Max processes             95000                95000                processes\nMax open files            ${soft}                 1048576              files\n`;
  expect(parseOpenFileLimit(line('128'))).toBe(128);
  expect(parseOpenFileLimit(line('unlimited'))).toBe(Number.POSITIVE_INFINITY);
  expect(parseOpenFileLimit('')).toBeUndefined();
});

it.runIf(process.platform === 'linux')('knows the limit of this process', () => {
  expect(openFileLimit()).toBeGreaterThan(0);
});

it('says what to raise', () => {
  const advice = '; raise the limit with "ulimit -n 65536" in the shell, or with LimitNOFILE= in the service';
  expect(fewFilesMessage(64, 'it ends')).toBe(`this process may open only 64 files, so it ends${advice}`);
  expect(fewFilesMessage(undefined, 'it ends')).toBe(
    `this process may open too few files, so it ends${advice}`,
  );
});

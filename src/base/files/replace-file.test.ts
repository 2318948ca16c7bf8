import { describe, expect, it } from 'vitest';
import { mayBeInUse, removeUnlessInUse, renameOver } from './replace-file.ts';

const failure = (code: string) => Object.assign(new Error(code), { code });

/** A file system that refuses a number of times; the pauses are only added up. */
function refusing(times: number, code: string, platform: NodeJS.Platform = 'win32') {
  const seen = { attempts: 0, waited: 0 };
  const attempt = async () => {
    seen.attempts += 1;
    if (seen.attempts <= times) throw failure(code);
  };
  const pause = async (milliseconds: number) => {
    seen.waited += milliseconds;
  };
  return { seen, files: { platform, rename: attempt, remove: attempt, pause } };
}

describe('renaming over a file on Windows', () => {
  it.each(['EPERM', 'EACCES', 'EBUSY'])('is repeated after %s until it works', async (code) => {
    const { seen, files } = refusing(6, code);
    await renameOver('a', 'b', files);
    expect(seen.attempts).toBe(7);
  });

  it('fails with the last error after about a second', async () => {
    const { seen, files } = refusing(Number.POSITIVE_INFINITY, 'EPERM');
    await expect(renameOver('a', 'b', files)).rejects.toMatchObject({ code: 'EPERM' });
    expect(seen.waited).toBeGreaterThanOrEqual(900);
    expect(seen.waited).toBeLessThanOrEqual(1100);
  });

  it.each(['ENOENT', 'ENOSPC', 'EXDEV'])('is not repeated after %s', async (code) => {
    const { seen, files } = refusing(1, code);
    await expect(renameOver('a', 'b', files)).rejects.toMatchObject({ code });
    expect(seen).toEqual({ attempts: 1, waited: 0 });
  });

  it('is not repeated elsewhere, where such an error means a lack of permission', async () => {
    const { seen, files } = refusing(1, 'EPERM', 'linux');
    await expect(renameOver('a', 'b', files)).rejects.toMatchObject({ code: 'EPERM' });
    expect(seen.attempts).toBe(1);
  });
});

describe('a removal on Windows', () => {
  it('is repeated for a moment only, because it can be repeated later', async () => {
    const { seen, files } = refusing(Number.POSITIVE_INFINITY, 'EBUSY');
    expect(await removeUnlessInUse('a', files)).toBe(false);
    expect(seen.attempts).toBeGreaterThan(1);
    expect(seen.waited).toBeLessThanOrEqual(200);
  });

  it('works as soon as the file is no longer in use', async () => {
    expect(await removeUnlessInUse('a', refusing(2, 'EPERM').files)).toBe(true);
  });
});

it('reports elsewhere that a removal is not permitted', async () => {
  const { files } = refusing(1, 'EPERM', 'linux');
  await expect(removeUnlessInUse('a', files)).rejects.toMatchObject({ code: 'EPERM' });
});

it('takes a missing file for one that is not in use', () => {
  expect(mayBeInUse(failure('ENOENT'), 'win32')).toBe(false);
  expect(mayBeInUse(failure('EPERM'), 'win32')).toBe(true);
  expect(mayBeInUse(failure('EPERM'), 'linux')).toBe(false);
  expect(mayBeInUse(undefined, 'win32')).toBe(false);
});

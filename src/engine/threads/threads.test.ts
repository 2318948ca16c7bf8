import { describe, expect, it } from 'vitest';
import { chooseThreads } from './threads.ts';

const processor = (number: number, physical: number, core: number) =>
  `processor\t: ${number}\nphysical id\t: ${physical}\ncore id\t\t: ${core}\n`;
/** Four cores, each with two hardware threads whose numbers differ by four. */
const fourCores = Array.from({ length: 8 }, (_, number) => processor(number, 0, number % 4)).join('\n');

const threads = (available: number, files: Record<string, string> = {}) =>
  chooseThreads({ available, read: (path) => files[path] ?? '' });

describe('chooseThreads', () => {
  it('counts two hardware threads of one core once', () => {
    expect(threads(8, { '/proc/cpuinfo': fourCores })).toBe(4);
  });

  it('counts equal core numbers of two packages twice', () => {
    const cpuinfo = [processor(0, 0, 0), processor(1, 1, 0)].join('\n');
    expect(threads(2, { '/proc/cpuinfo': cpuinfo })).toBe(2);
  });

  it.each([
    ['0-7', 8, 4],
    ['0,4', 2, 1],
    ['0-1,4-5', 4, 2],
    ['2', 1, 1],
    ['1-3,5', 4, 3],
  ])('counts only cores that the process may run on: %s', (list, available, expected) => {
    const status = `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`;
    expect(threads(available, { '/proc/cpuinfo': fourCores, '/proc/self/status': status })).toBe(expected);
  });

  it('counts processors where the kernel lists no cores', () => {
    expect(threads(6)).toBe(6);
    expect(threads(6, { '/proc/cpuinfo': 'processor\t: 0\nBogoMIPS\t: 50.00\n' })).toBe(6);
  });
});

describe('on a Mac and on Windows', () => {
  it.each([
    [10, 8, 8],
    [4, 8, 4],
    [12, undefined, 12],
  ])('of %s processors with %s fast cores, takes %s', (available, fastCores, expected) => {
    expect(chooseThreads({ available, fastCores, read: () => '' })).toBe(expected);
  });
});

describe('the limits of control groups', () => {
  it.each([
    ['its own group', '/sys/fs/cgroup/user/job/cpu.max', '250000 100000', 3],
    ['an ancestor', '/sys/fs/cgroup/user/cpu.max', '200000 100000\n', 2],
    ['the mount, as in a container', '/sys/fs/cgroup/cpu.max', '100000 50000', 2],
    ['no group', '/sys/fs/cgroup/user/job/cpu.max', 'max 100000', 16],
    ['another group', '/sys/fs/cgroup/other/cpu.max', '100000 100000', 16],
    ['a group with hardly any time', '/sys/fs/cgroup/user/cpu.max', '1000 100000', 1],
  ])('apply in version 2: %s', (_, path, text, expected) => {
    expect(threads(16, { '/proc/self/cgroup': '0::/user/job\n', [path]: text })).toBe(expected);
  });

  it.each([
    ['its own group', '/sys/fs/cgroup/cpu/docker/abc', '300000', 3],
    ['an ancestor', '/sys/fs/cgroup/cpu/docker', '150000', 2],
    ['the mount, as in a container', '/sys/fs/cgroup/cpu', '100000', 1],
    ['no group', '/sys/fs/cgroup/cpu/docker/abc', '-1', 16],
  ])('apply in version 1: %s', (_, folder, quota, expected) => {
    const files = {
      '/proc/self/cgroup': '5:memory:/elsewhere\n4:cpu,cpuacct:/docker/abc\n',
      [`${folder}/cpu.cfs_quota_us`]: `${quota}\n`,
      [`${folder}/cpu.cfs_period_us`]: '100000\n',
    };
    expect(threads(16, files)).toBe(expected);
  });

  it('apply with the smallest of several', () => {
    const files = {
      '/proc/self/cgroup': '0::/a/b\n',
      '/sys/fs/cgroup/a/b/cpu.max': '400000 100000',
      '/sys/fs/cgroup/a/cpu.max': '200000 100000',
      '/sys/fs/cgroup/cpu.max': '600000 100000',
    };
    expect(threads(16, files)).toBe(2);
  });
});

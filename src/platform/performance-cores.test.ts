import { describe, expect, it } from 'vitest';
import { parsePerformanceCores, performanceCores } from './performance-cores.ts';

describe('parsePerformanceCores', () => {
  it('takes the fast cores of Apple silicon, in whichever order they are printed', () => {
    expect(parsePerformanceCores('hw.perflevel0.physicalcpu: 8\nhw.physicalcpu: 10\n')).toBe(8);
    expect(parsePerformanceCores('hw.physicalcpu: 10\nhw.perflevel0.physicalcpu: 8\n')).toBe(8);
  });

  it('takes all cores of a Mac that has only one kind', () => {
    expect(parsePerformanceCores('hw.physicalcpu: 6\n')).toBe(6);
    expect(
      parsePerformanceCores("sysctl: unknown oid 'hw.perflevel0.physicalcpu'\nhw.physicalcpu: 6\n"),
    ).toBe(6);
    expect(parsePerformanceCores('hw.perflevel0.physicalcpu: 0\nhw.physicalcpu: 6\n')).toBe(6);
  });

  it('returns undefined for another text', () => {
    for (const text of ['', 'hw.physicalcpu: many', 'hw.logicalcpu: 8']) {
      expect(parsePerformanceCores(text)).toBeUndefined();
    }
  });
});

it('does not ask on other systems, and does without the program where it is missing', () => {
  expect(performanceCores('linux')).toBeUndefined();
  // The sysctl of Linux knows neither name.
  if (process.platform === 'linux') expect(performanceCores('darwin')).toBeUndefined();
});

import { describe, expect, it } from 'vitest';
import { chooseThreads } from './threads.ts';

const processor = (physical: number, core: number) =>
  `processor\t: 0\nphysical id\t: ${physical}\ncore id\t\t: ${core}\n`;

describe('chooseThreads', () => {
  it('counts two hardware threads of one core once', () => {
    const cpuinfo = [processor(0, 0), processor(0, 0), processor(0, 1), processor(0, 1)].join('\n');
    expect(chooseThreads({ available: 4, cpuinfo, cpuMax: '' })).toBe(2);
  });

  it('counts equal core numbers of two packages twice', () => {
    const cpuinfo = [processor(0, 0), processor(1, 0)].join('\n');
    expect(chooseThreads({ available: 2, cpuinfo, cpuMax: '' })).toBe(2);
  });

  it('respects the processors and the time that a container was given', () => {
    expect(chooseThreads({ available: 3, cpuinfo: '', cpuMax: 'max 100000' })).toBe(3);
    expect(chooseThreads({ available: 16, cpuinfo: '', cpuMax: '250000 100000' })).toBe(3);
  });

  it('is at least one', () => {
    expect(chooseThreads({ available: 1, cpuinfo: '', cpuMax: '1000 100000' })).toBe(1);
  });
});

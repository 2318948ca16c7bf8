import { expect, it } from 'vitest';
import { suspicionOfExit, suspicionOfHang } from './suspicion.ts';

it('blames a request that was alone for a hang, and each of many for a quarter', () => {
  expect([1, 2, 4, 100].map(suspicionOfHang)).toEqual([1, 0.5, 0.25, 0.25]);
});

it('is sure after three crashes, and blames no request for a signal from outside', () => {
  expect(3 * suspicionOfExit({ code: null, signal: 'SIGSEGV' }, 1)).toBeCloseTo(1);
  expect(3 * suspicionOfExit({ code: 134, signal: null }, 2)).toBeCloseTo(0.5);
  for (const signal of ['SIGKILL', 'SIGTERM']) expect(suspicionOfExit({ code: null, signal }, 1)).toBe(0);
  expect(suspicionOfExit({ code: 0, signal: null }, 1)).toBe(0);
  expect(suspicionOfExit({ code: null, signal: null }, 1)).toBe(0);
});

it('tells faults from ends from outside by the codes of Windows, which has no signals', () => {
  const of = (code: number) => suspicionOfExit({ code, signal: null }, 1, 'win32');
  for (const code of [0xc0000005, 0xc0000409, 3]) expect(3 * of(code)).toBeCloseTo(1);
  for (const code of [1, 0x40010004, 0xc000013a, 0xc0000017, 0xc0000135]) expect(of(code)).toBe(0);
});

import { describe, expect, it } from 'vitest';
import { countFastCores } from './core-list.ts';

interface Entry {
  readonly efficiency?: number;
  readonly mask: bigint;
  readonly group?: number;
  readonly kind?: number;
}

/** An entry in the layout of winnt.h: 48 bytes for a core in one group. */
function entry({ efficiency = 0, mask, group = 0, kind = 0 }: Entry): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.writeUInt32LE(kind, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.writeUInt8(efficiency, 9);
  bytes.writeUInt16LE(1, 30);
  bytes.writeBigUInt64LE(mask, 32);
  bytes.writeUInt16LE(group, 40);
  return bytes;
}
const list = (...entries: Entry[]) => Buffer.concat(entries.map(entry));
const all = 0xffffn;

/** Two fast cores with two processors each, then four efficiency cores. */
const hybrid = list(
  { efficiency: 1, mask: 0b11n },
  { efficiency: 1, mask: 0b1100n },
  ...[4n, 5n, 6n, 7n].map((processor) => ({ mask: 1n << processor })),
);

describe('countFastCores', () => {
  it('reads what Wine returned on a machine with two cores', () => {
    const recorded =
      '000000003000000000000000000000000000000000000000000000000000010001000000000000000000000000000000' +
      '000000003000000000000000000000000000000000000000000000000000010002000000000000000000000000000000';
    expect(countFastCores(Buffer.from(recorded, 'hex'), 3n)).toBe(2);
  });

  it('counts a core with two processors once, and leaves out efficiency cores', () => {
    expect(countFastCores(hybrid, all)).toBe(2);
  });

  it('counts only cores that the process may run on, also if those are the slow ones', () => {
    expect(countFastCores(hybrid, 0b1110n)).toBe(2);
    expect(countFastCores(hybrid, 0b0011n)).toBe(1);
    expect(countFastCores(hybrid, 0b0111_0000n)).toBe(3);
  });

  it('counts all groups of a machine with more than 64 processors', () => {
    const groups = list({ mask: 1n }, { mask: 2n }, { mask: 1n, group: 1 });
    expect(countFastCores(groups, 1n)).toBe(3);
    expect(countFastCores(groups, 0n)).toBe(3);
  });

  it('skips entries of other kinds, and returns undefined for a list without cores', () => {
    expect(countFastCores(list({ mask: 1n }, { mask: 3n, kind: 3 }), all)).toBe(1);
    for (const other of [Buffer.alloc(0), Buffer.alloc(20), list({ mask: 1n, kind: 2 })]) {
      expect(countFastCores(other, all)).toBeUndefined();
    }
  });

  it('ends on a list that is cut off or has an entry without a length', () => {
    expect(countFastCores(hybrid.subarray(0, 100), all)).toBe(2);
    const endless = Buffer.from(hybrid);
    endless.writeUInt32LE(0, 4);
    expect(countFastCores(endless, all)).toBe(2);
  });
});

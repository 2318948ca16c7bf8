import { describe, expect, it } from 'vitest';
import { parseVmStat, runVmStat } from './vm-stat.ts';

/** In the format that vm_stat(1) documents, with numbers of our own: 16 KiB a page, as on Apple silicon. */
const output = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               65536.
Pages active:                            300000.
Pages inactive:                          131072.
Pages speculative:                        16384.
Pages throttled:                              0.
Pages wired down:                        200000.
Pages purgeable:                           8192.
"Translation faults":                 987654321.
Pages copy-on-write:                   12345678.
Pages zero filled:                    123456789.
Pages reactivated:                       456789.
Pages purged:                             12345.
File-backed pages:                       140000.
Anonymous pages:                         307456.
Pages stored in compressor:              100000.
Pages occupied by compressor:             30000.
Decompressions:                         1234567.
Compressions:                           2345678.
Pageins:                                3456789.
Pageouts:                                 12345.
Swapins:                                      0.
Swapouts:                                     0.
`;

describe('parseVmStat', () => {
  it('adds up what can be had without writing to the disk, in pages of the size that it states', () => {
    const pages = 65_536 + 131_072 + 16_384 + 8192;
    expect(parseVmStat(output)).toBe(pages * 16_384);
    expect(parseVmStat(output.replace('16384 bytes', '4096 bytes'))).toBe(pages * 4096);
  });

  it('does without kinds that a version of the system leaves out', () => {
    const older = output.replace(/^Pages (speculative|purgeable):.*\n/gm, '');
    expect(parseVmStat(older)).toBe((65_536 + 131_072) * 16_384);
  });

  it.each(['', 'vm_stat: command not found', 'Pages free: 5.', output.replace(/^Pages free:.*\n/m, '')])(
    'returns undefined for another text: %j',
    (text) => {
      expect(parseVmStat(text)).toBeUndefined();
    },
  );
});

it('gives nothing where there is no such program', async () => {
  const text = await runVmStat();
  expect(parseVmStat(text) === undefined).toBe(process.platform !== 'darwin');
});

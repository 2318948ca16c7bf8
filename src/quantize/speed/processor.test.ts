import { expect, it } from 'vitest';
import { instructionsOf } from './processor.ts';

it.each([
  ['avx512-vnni', 'x64', 'processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512_vnni\n'],
  ['avx2', 'x64', 'flags\t\t: fpu avx2 avx512f\n'],
  ['unknown', 'x64', 'flags\t\t: fpu sse2\n'],
  ['arm-dotprod', 'arm64', 'BogoMIPS\t: 50.00\nFeatures\t: fp asimd asimddp i8mm\n'],
  ['unknown', 'arm64', 'Features\t: fp asimd\n'],
  ['unknown', 'x64', ''],
  ['unknown', 'riscv64', 'flags\t\t: avx2\n'],
])('%s is what %s with these flags has', (expected, arch, cpuInfo) => {
  expect(instructionsOf(cpuInfo, arch)).toBe(expected);
});

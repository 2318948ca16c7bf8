/** Which instructions the processor has, as far as they decide how fast llama.cpp computes each type of weights. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/**
 * What llama.cpp's kernels differ by: `avx512-vnni` and `avx2` on x86-64, `arm-dotprod` on 64-bit ARM. Everything else is
 * unknown to the tables.
 */
export type InstructionSet = 'avx512-vnni' | 'avx2' | 'arm-dotprod' | 'unknown';

export interface Processor {
  /** As the system names it, for example "AMD EPYC". */
  readonly name: string;
  readonly instructions: InstructionSet;
}

const CPU_INFO = '/proc/cpuinfo';

/** The processor of this machine. Linux only; elsewhere, the instructions are unknown. */
export function readProcessor(): Processor {
  const name = cpus()[0]?.model.trim() ?? '';
  try {
    return { name, instructions: instructionsOf(readFileSync(CPU_INFO, 'utf8'), process.arch) };
  } catch {
    return { name, instructions: 'unknown' };
  }
}

/**
 * @param cpuInfo text of `/proc/cpuinfo`
 * @param arch as `process.arch`
 */
export function instructionsOf(cpuInfo: string, arch: string): InstructionSet {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuInfo)?.[1] ?? '';
  const flags = new Set(line.trim().split(/\s+/));
  if (arch === 'x64' && flags.has('avx512f') && flags.has('avx512_vnni')) return 'avx512-vnni';
  if (arch === 'x64' && flags.has('avx2')) return 'avx2';
  if (arch === 'arm64' && flags.has('asimddp')) return 'arm-dotprod';
  return 'unknown';
}

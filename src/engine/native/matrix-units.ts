import { readFileSync } from 'node:fs';

/** @param cpuInfo text of Linux's `/proc/cpuinfo`; "" where there is none */
export function hasMatrixUnits(cpuInfo: string = readCpuInfo()): boolean {
  return / amx_(?:tile|int8|bf16)\b/.test(cpuInfo);
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

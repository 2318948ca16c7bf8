/** Counts the cores in the list of GetLogicalProcessorInformationEx (SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX of winnt.h). */

/** RelationProcessorCore: one entry for each core. */
const CORE = 0;
/** Each entry begins with its kind and its length in bytes, both 32-bit numbers. */
const LENGTH_OFFSET = 4;
/** Higher for faster cores; 0 for all where there is one kind. */
const EFFICIENCY_OFFSET = 9;
const GROUPS_OFFSET = 30;
/** The processors of the core in its group: a 64-bit mask, then the number of the group. */
const MASK_OFFSET = 32;
const GROUP_OFFSET = 40;
const ENTRY_BYTES = 48;

interface Core {
  readonly efficiency: number;
  readonly group: number;
  readonly mask: bigint;
}

/**
 * The cores worth computing on: those of the fastest kind among those that the process may run on. Efficiency cores are left
 * out, because at every barrier the fast cores would wait for them.
 * @param affinity mask of the processors that the process may use; 0 = it spans several groups, and may use all
 * @returns undefined for a list without cores
 */
export function countFastCores(list: Buffer, affinity: bigint): number | undefined {
  const cores = readCores(list);
  // A mask says nothing about the processors of other groups.
  const isMasked = affinity !== 0n && cores.every(({ group }) => group === 0);
  const usable = isMasked ? cores.filter(({ mask }) => (mask & affinity) !== 0n) : cores;
  const fastest = Math.max(...usable.map(({ efficiency }) => efficiency));
  const count = usable.filter(({ efficiency }) => efficiency === fastest).length;
  return count > 0 ? count : undefined;
}

function readCores(list: Buffer): Core[] {
  const cores: Core[] = [];
  for (let start = 0; start + ENTRY_BYTES <= list.length; ) {
    const length = list.readUInt32LE(start + LENGTH_OFFSET);
    if (list.readUInt32LE(start) === CORE && list.readUInt16LE(start + GROUPS_OFFSET) > 0)
      cores.push({
        efficiency: list.readUInt8(start + EFFICIENCY_OFFSET),
        group: list.readUInt16LE(start + GROUP_OFFSET),
        mask: list.readBigUInt64LE(start + MASK_OFFSET),
      });
    start += Math.max(ENTRY_BYTES, length);
  }
  return cores;
}

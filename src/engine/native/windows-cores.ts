import koffi from 'koffi';
import { countFastCores } from '../../platform/windows/core-list.ts';

/** LOGICAL_PROCESSOR_RELATIONSHIP: one entry for each core. */
const RELATION_CORE = 0;
/** Room for the thousands of processors of the largest machines; a core takes about fifty bytes. */
const MAX_LIST_BYTES = 2 ** 20;

/**
 * The number of cores of Windows that are worth computing on.
 * @returns undefined on other systems, and if the system does not report it
 */
export function windowsCores(platform: string = process.platform): number | undefined {
  if (platform !== 'win32') return undefined;
  try {
    const kernel = koffi.load('kernel32.dll');
    const listCores = kernel.func(
      'bool GetLogicalProcessorInformationEx(int, _Out_ uint8_t *, _Inout_ uint32_t *)',
    );
    const self = kernel.func('void *GetCurrentProcess()');
    const affinity = kernel.func('bool GetProcessAffinityMask(void *, _Out_ uint64_t *, _Out_ uint64_t *)');
    const length: [number] = [0];
    listCores(RELATION_CORE, null, length);
    const list = Buffer.alloc(Math.min(length[0], MAX_LIST_BYTES));
    if (!listCores(RELATION_CORE, list, length)) return undefined;
    const own: [number | bigint] = [0];
    affinity(self(), own, [0]);
    return countFastCores(list.subarray(0, length[0]), BigInt(own[0]));
  } catch {
    return undefined;
  }
}

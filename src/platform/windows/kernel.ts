/**
 * Functions of Windows that Node has no equivalent of. koffi is loaded at the first call, so that no other system pays for
 * it; the functions only read, and take a process by its ID.
 */

/** As much as a process may ask about processes of the same user, and of most others (PROCESS_QUERY_LIMITED_INFORMATION). */
const QUERY_LIMITED = 0x1000;
/** Bytes of a FILETIME, a 64-bit number. */
const TIME_BYTES = 8;
/** Bytes of PROCESS_MEMORY_COUNTERS on 64-bit systems, and where its WorkingSetSize is. */
const COUNTERS_BYTES = 72;
const WORKING_SET_OFFSET = 16;

interface Kernel {
  readonly openProcess: (access: number, inherit: boolean, pid: number) => unknown;
  readonly closeHandle: (handle: unknown) => boolean;
  readonly processTimes: (
    handle: unknown,
    ...times: [created: Buffer, ended: Buffer, kernel: Buffer, user: Buffer]
  ) => boolean;
  readonly memoryInfo: (handle: unknown, counters: Buffer, bytes: number) => boolean;
}

async function loadKernel(): Promise<Kernel> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load('kernel32.dll');
  return {
    openProcess: library.func('void *OpenProcess(uint32_t, bool, uint32_t)'),
    closeHandle: library.func('bool CloseHandle(void *)'),
    processTimes: library.func(
      'bool GetProcessTimes(void *, _Out_ uint8_t *, _Out_ uint8_t *, _Out_ uint8_t *, _Out_ uint8_t *)',
    ),
    memoryInfo: library.func('bool K32GetProcessMemoryInfo(void *, _Inout_ uint8_t *, uint32_t)'),
  };
}

let loaded: Promise<Kernel> | undefined;

/** @returns undefined if there is no such process, if this user may not ask about it, and on other systems */
async function askAbout<Answer>(
  pid: number,
  ask: (kernel: Kernel, handle: unknown) => Answer,
): Promise<Answer | undefined> {
  try {
    loaded ??= loadKernel();
    const kernel = await loaded;
    const handle = kernel.openProcess(QUERY_LIMITED, false, pid);
    if (handle === null) return undefined;
    try {
      return ask(kernel, handle);
    } finally {
      kernel.closeHandle(handle);
    }
  } catch {
    return undefined;
  }
}

/** When a process was created, in steps of 100 ns since 1601. @returns undefined where that cannot be found out */
export function windowsProcessStart(pid: number): Promise<bigint | undefined> {
  return askAbout(pid, ({ processTimes }, handle) => {
    const [created, ended, kernel, user] = [0, 1, 2, 3].map(() => Buffer.alloc(TIME_BYTES)) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    return processTimes(handle, created, ended, kernel, user) ? created.readBigUInt64LE() : undefined;
  });
}

/** Bytes of a process in memory. @returns undefined where that cannot be found out */
export function windowsWorkingSet(pid: number): Promise<number | undefined> {
  return askAbout(pid, ({ memoryInfo }, handle) => {
    const counters = Buffer.alloc(COUNTERS_BYTES);
    counters.writeUInt32LE(COUNTERS_BYTES);
    if (!memoryInfo(handle, counters, COUNTERS_BYTES)) return undefined;
    return Number(counters.readBigUInt64LE(WORKING_SET_OFFSET));
  });
}

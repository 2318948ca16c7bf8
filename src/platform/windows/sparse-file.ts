/** Desired access: to write. */
const GENERIC_WRITE = 0x4000_0000;
/** Others may read, write and remove the file meanwhile, as with all files that Node opens. */
const SHARE_ALL = 0x7;
const OPEN_EXISTING = 3;
/** Control code FSCTL_SET_SPARSE. */
const SET_SPARSE = 0x0009_00c4;
/** INVALID_HANDLE_VALUE, as a number. */
const INVALID_HANDLE = 0xffff_ffff_ffff_ffffn;

/**
 * Lets a file on NTFS have holes, which take no space and are not written. Without that, Windows fills a file with zeros up to
 * the place of each write, while the write waits. Other systems and some file systems need nothing, or cannot.
 * @returns whether the file may have holes now; false also on other systems
 */
export async function makeSparse(path: string): Promise<boolean> {
  if (process.platform !== 'win32') return false;
  try {
    const { default: koffi } = await import('koffi');
    const kernel = koffi.load('kernel32.dll');
    const createFile = kernel.func(
      'intptr_t CreateFileW(const char16_t *, uint32_t, uint32_t, void *, uint32_t, uint32_t, void *)',
    );
    const control = kernel.func(
      'bool DeviceIoControl(intptr_t, uint32_t, void *, uint32_t, void *, uint32_t, _Out_ uint32_t *, void *)',
    );
    const closeHandle = kernel.func('bool CloseHandle(intptr_t)');
    const handle: number | bigint = createFile(path, GENERIC_WRITE, SHARE_ALL, null, OPEN_EXISTING, 0, null);
    if (BigInt.asUintN(64, BigInt(handle)) === INVALID_HANDLE) return false;
    try {
      return control(handle, SET_SPARSE, null, 0, null, 0, [0], null);
    } finally {
      closeHandle(handle);
    }
  } catch {
    return false;
  }
}

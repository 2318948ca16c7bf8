/**
 * The file that the C library of a platform is loaded from, by Node's name of the platform. On macOS it is not on the disk
 * but in the loader's cache, which answers to this path all the same. On Windows it is a part of every version.
 */
const fileByPlatform: Readonly<Record<string, string>> = {
  linux: 'libc.so.6',
  darwin: '/usr/lib/libSystem.B.dylib',
  win32: 'msvcrt.dll',
};

/** @returns undefined where none of its functions is used */
export function cLibraryFile(platform: string = process.platform): string | undefined {
  return fileByPlatform[platform];
}

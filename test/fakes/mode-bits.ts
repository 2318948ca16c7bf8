import { stat } from 'node:fs/promises';

/** Windows has no mode bits: it reports 0666 whatever was asked for. The access list of the user's folder applies instead. */
const hasModeBits = process.platform !== 'win32';

/** The permissions of a file as they should be, where the system has none; otherwise those that it has. */
export async function permissionsOf(path: string, expected: number): Promise<number> {
  return hasModeBits ? (await stat(path)).mode & 0o777 : expected;
}

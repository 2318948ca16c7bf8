export interface ArchiveFile {
  /** Path in the archive. */
  readonly name: string;
  readonly mode: number;
  readonly bytes: Buffer;
}

export function makeTgz(files: readonly ArchiveFile[]): Promise<Buffer>;
export function makeZip(files: readonly ArchiveFile[]): Promise<Buffer>;

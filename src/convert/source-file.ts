/** One file of a folder that is imported. */
export interface SourceFile {
  /** Relative path within the folder, with slashes, as the client named it. */
  readonly name: string;
  /** Where the bytes are: a blob, or a file of the server's own disk. */
  readonly path: string;
}

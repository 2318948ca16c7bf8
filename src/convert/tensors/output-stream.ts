/** Takes bytes in order. */
export interface OutputStream {
  /**
   * Returns memory for the next bytes: at least `bytes`, which are few. It begins at a multiple of 64 bytes where the
   * file does, and so does the end of it.
   * @throws OllamaError `storage-full` and system errors of what was committed before
   */
  room(bytes: number): Promise<Uint8Array>;
  /** Appends the first bytes of the memory that `room` returned. */
  commit(bytes: number): void;
}

/** Appends zeros up to a multiple of `alignment`. */
export async function padOutput(output: OutputStream, written: number, alignment: number): Promise<void> {
  const missing = (alignment - (written % alignment)) % alignment;
  if (missing === 0) return;
  const room = await output.room(missing);
  room.fill(0, 0, missing);
  output.commit(missing);
}

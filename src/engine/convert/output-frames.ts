/** Messages between the thread that converts and the one that hashes and writes. */

/** What the writing thread is started with. */
export interface OutputTask {
  readonly path: string;
  /** Bytes that the file has already, which are hashed first. */
  readonly dataOffset: number;
}

export type OutputFrame =
  /** Appends `length` bytes from `start` of the memory, which is lent for as long. */
  | { readonly kind: 'append'; readonly memory: ArrayBuffer; readonly start: number; readonly length: number }
  | { readonly kind: 'finish' };

export type OutputReply =
  /** The memory is returned; `size` is that of the file so far. */
  | { readonly kind: 'appended'; readonly memory: ArrayBuffer; readonly size: number }
  /** Everything is on the disk. */
  | { readonly kind: 'finished'; readonly digest: string }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined };

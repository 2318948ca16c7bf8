/** Bounds that the reader of headers enforces. Each is well above any real file and makes a hostile one cheap to refuse. */
export const safetensorsLimits = {
  /** The format's own bound (MAX_HEADER_SIZE of the library). */
  headerBytes: 100_000_000,
  /** Tensors of one file. Models with thousands of experts have about 50 thousand, in many files. */
  tensors: 100_000,
  /** Keys, elements of arrays and their containers, per file. A tensor takes about 12. */
  values: 24 * 100_000,
  /** A tensor's entry in the header, and an array in it. */
  depth: 3,
  /** Characters. Real names have up to about 120. */
  nameLength: 1024,
  /** PyTorch models use up to 5. */
  dimensions: 8,
} as const;

/** Bounds of what the parser accepts. Each is well above any real model and keeps a hostile file cheap to refuse. */
export const limits = {
  /** Magic, version and two counts. */
  headerBytes: 24,
  /** Metadata keys: the format's own bound. */
  keyBytes: 65_535,
  /** The longest real texts are embedded tokenizer files of some 20 MB. */
  stringBytes: 64 * 1024 * 1024,
  /** The largest vocabularies have some 260 thousand tokens and a million merges. */
  arrayElements: 4 * 1024 * 1024,
  /** Real files have 20 to 60 keys. */
  metadataEntries: 4096,
  /** All of the metadata; the largest real ones, with an embedded tokenizer file, take some 40 MB. */
  metadataBytes: 128 * 1024 * 1024,
  /** Mixture-of-experts models that keep each expert apart reach some 50 thousand. */
  tensors: 131_072,
  /** `GGML_MAX_DIMS`: the engine refuses more. */
  dimensions: 4,
  /** `GGML_MAX_NAME` without its ending zero: the engine refuses more. */
  tensorNameBytes: 63,
  /** Files use 32; a page or two may make sense, more is an attack on the offsets. */
  alignment: 65_536,
  /** With `arrays: 'skip'`, arrays up to this stay: per-layer numbers and tags do, vocabularies do not. */
  smallArrayElements: 1024,
} as const;

/** Fewest bytes a thing takes in the file; with it a declared count is checked before anything is read. */
export const smallest = {
  /** A length without text. */
  stringBytes: 8,
  /** Key of one byte, type, value of one byte. */
  metadataBytes: 8 + 1 + 4 + 1,
  /** Name without text, dimension count, type, offset. */
  tensorBytes: 8 + 4 + 4 + 8,
} as const;

/** The format's alignment where a file names none, bytes. */
export const DEFAULT_ALIGNMENT = 32;

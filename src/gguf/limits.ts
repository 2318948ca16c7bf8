import { MIB } from '../base/units.ts';

/** Bounds that the parser enforces. Each is well above any real model and makes a hostile file cheap to reject. */
export const limits = {
  /** Magic, version and two counts. */
  headerBytes: 24,
  /** Bytes of a metadata key: the format's own bound. */
  keyBytes: 65_535,
  /** The longest strings in real files are embedded tokenizer files of about 20 MB. */
  stringBytes: 64 * MIB,
  /** The largest vocabularies have about 260 thousand tokens and a million merges. */
  arrayElements: 4 * 1024 * 1024,
  /** Real files have 20 to 60 keys. */
  metadataEntries: 4096,
  /** Bytes of all metadata; the largest real ones, with an embedded tokenizer file, take about 40 MB. */
  metadataBytes: 128 * MIB,
  /** Mixture-of-experts models that store each expert separately reach about 50 thousand. */
  tensors: 131_072,
  /** `GGML_MAX_DIMS`: the engine rejects more. */
  dimensions: 4,
  /** `GGML_MAX_NAME` without its terminating zero: the engine rejects more. */
  tensorNameBytes: 63,
  /** Real files use 32. A page or two may make sense; more is an attack on the offsets. */
  alignment: 65_536,
  /** With `arrays: 'skip'`, arrays up to this size are kept: per-layer numbers and tags, but not vocabularies. */
  smallArrayElements: 1024,
} as const;

/** Minimum bytes that each thing takes in the file, for checking a declared count before anything is read. */
export const smallest = {
  /** A length without text. */
  stringBytes: 8,
  /** A key of one byte, type, value of one byte. */
  metadataBytes: 8 + 1 + 4 + 1,
  /** A name without text, dimension count, type, offset. */
  tensorBytes: 8 + 4 + 4 + 8,
} as const;

/** The format's alignment in bytes, used when a file does not state one. */
export const DEFAULT_ALIGNMENT = 32;

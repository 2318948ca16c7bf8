import { MIB } from '../../base/units.ts';

/** Bounds on tokenizer files. Each is well above any real model and makes a hostile file cheap to reject. */
export const tokenizerLimits = {
  /** The largest real tokenizer.json, of Gemma 3, has 33 MB. */
  tokenizerJsonBytes: 96 * MIB,
  /** tokenizer_config.json repeats the added tokens; real ones have up to 1.2 MB. */
  settingsBytes: 16 * MIB,
  /** Gemma's tokenizer.model has 4.7 MB, the largest real ones 15 MB. */
  sentencePieceBytes: 48 * MIB,
  /** The longest real templates have about 20 KB. */
  templateBytes: 2 * MIB,
  /** Real models have one to four. */
  templates: 64,
  /** The largest real vocabularies have 262 thousand tokens. */
  tokens: 1024 * 1024,
  /** The largest real tokenizer.json has 515 thousand merges. */
  merges: 4 * 1024 * 1024,
  /** UTF-16 units of one token; the longest real ones are runs of 512 spaces. */
  tokenLength: 16 * 1024,
  /** Nested normalizers and the like; real ones have two levels. */
  nesting: 16,
} as const;

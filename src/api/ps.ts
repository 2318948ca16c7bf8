import type { ModelDetails } from './common.ts';

export interface PsModel {
  name: string;
  model: string;
  /** Bytes in memory. */
  size: number;
  /** 64 hex digits. */
  digest: string;
  details: ModelDetails;
  /** RFC 3339; a far future year = for ever. */
  expires_at: string;
  /** The part of `size` on GPUs. */
  size_vram: number;
  /** Tokens of one slot. */
  context_length: number;
}

/** GET /api/ps; the one that expires last comes first. */
export interface PsResponse {
  models: PsModel[];
}

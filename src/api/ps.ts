import type { ModelDetails } from './common.ts';

export interface PsModel {
  name: string;
  model: string;
  /** Bytes in memory. */
  size: number;
  /** 64 hex digits. */
  digest: string;
  details: ModelDetails;
  /** RFC 3339; a year in the far future means forever. */
  expires_at: string;
  /** Bytes of `size` that are on GPUs. */
  size_vram: number;
  /** Context length of one slot, in tokens. */
  context_length: number;
  /** The model's name at the upstream that answers for it, and the upstream's name. */
  remote_model?: string;
  remote_host?: string;
  /** An extension: whether the upstream gets requests at present. */
  remote_state?: 'in use' | 'out of use';
}

/** GET /api/ps; the model that expires last comes first. */
export interface PsResponse {
  models: PsModel[];
}

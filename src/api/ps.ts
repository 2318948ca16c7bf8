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
  /** Of a model that an upstream answers for: its name there, and the name of the upstream. */
  remote_model?: string;
  remote_host?: string;
  /** An extension: whether the upstream gets requests at present. */
  remote_state?: 'in use' | 'out of use';
}

/** GET /api/ps; the model that expires last comes first. */
export interface PsResponse {
  models: PsModel[];
}

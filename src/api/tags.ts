import type { Capability, ModelDetails, ModelLengths } from './common.ts';

export interface TagsModel {
  name: string;
  model: string;
  /** The model's name at the server that answers for it, and that server. */
  remote_model?: string;
  remote_host?: string;
  /** RFC 3339. */
  modified_at: string;
  /** Bytes. */
  size: number;
  /** 64 hex digits. */
  digest: string;
  details: ModelDetails & ModelLengths;
  capabilities?: Capability[];
}

/** GET /api/tags; the newest model comes first. */
export interface TagsResponse {
  models: TagsModel[];
}

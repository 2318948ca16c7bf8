import type { Capability, ModelDetails, ModelLengths } from './common.ts';

export interface TagsModel {
  name: string;
  model: string;
  /** Of a model that another server answers for: its name there, and the server. */
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

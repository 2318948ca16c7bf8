import { z } from 'zod';
import type { Capability, ModelDetails } from './common.ts';
import { optionsSchema } from './options/options.ts';
import { requestObject } from './request-object.ts';
import type { SlowTypeNote } from './type-speeds.ts';

/** Maximum number of sequences in one engine context. */
const MAX_SLOTS = 256;

const estimateFields = {
  model: z.string().exactOptional(),
  options: optionsSchema.exactOptional(),
  /** Number of concurrent requests; when absent, the number that the server would choose. */
  slots: z.int().min(1).max(MAX_SLOTS).exactOptional(),
};

/** POST /api/estimate (not in Ollama's API) */
export const estimateRequestSchema = requestObject(estimateFields);

/** POST /api/estimate/remote (not in Ollama's API): a model in a registry, of which only the header of its file is read. */
export const remoteEstimateRequestSchema = requestObject({
  ...estimateFields,
  /** As for a pull. */
  insecure: z.boolean().exactOptional(),
});

export type RemoteEstimateRequest = z.infer<typeof remoteEstimateRequestSchema>;

export type EstimateRequest = z.infer<typeof estimateRequestSchema>;

export interface EstimateResponse {
  model: string;
  /** Context length of one slot, in tokens. */
  num_ctx: number;
  slots: number;
  memory: EstimatedMemory;
  /** Bytes available to further models, in addition to those already loaded. */
  available: number;
  fits: boolean;
  /**
   * Names of loaded models that would be unloaded to load this one now; its own name if it would be loaded again with
   * other options. Absent = there is no room for it even without them.
   */
  evicts?: string[];
  /** Present if the type of the weights is slow on the server's processor. */
  speed?: SlowTypeNote;
}

/** All values are in bytes. */
interface EstimatedMemory {
  weights: number;
  /** Keys and values of attention layers and the states of recurrent layers. */
  kv_cache: number;
  /** Buffers for intermediate and final results. */
  compute: number;
  adapters: number;
  /** The encoder of pictures or sound; absent = the model has none. */
  projector?: number;
  /** The draft model; absent = the model has none, or there is no memory for it. */
  draft?: number;
  /** The runner process itself. */
  process: number;
  total: number;
}

export interface RemoteEstimateResponse extends EstimateResponse {
  download: {
    /** Bytes of all files. */
    total: number;
    /** Bytes of those that this server does not have. */
    missing: number;
  };
  details: ModelDetails;
  capabilities: Capability[];
  /** Context length that the model was trained for, in tokens; 0 = unknown. */
  context_length: number;
  /** Other files of the same repository, which Hugging Face lists; the smallest first. */
  tags?: RemoteTag[];
}

/** A model of another quantization. */
export interface RemoteTag {
  tag: string;
  /** Bytes to download. */
  size: number;
  /** Bytes in memory with the same options, estimated from the difference in size. */
  total: number;
  fits: boolean;
}

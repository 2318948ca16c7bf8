import { z } from 'zod';
import { requestObject } from './request-object.ts';

/** POST /api/verify; without a model, all of them. */
export const verifyRequestSchema = requestObject({
  model: z.string().exactOptional(),
  /** Default true. */
  stream: z.boolean().exactOptional(),
});

export type VerifyRequest = z.infer<typeof verifyRequestSchema>;

interface BrokenBlob {
  digest: string;
  problem: 'missing' | 'wrong size' | 'wrong digest' | 'link' | 'unreadable';
  detail: string;
  /** Names of the models that need it. */
  models: string[];
}

export interface VerifyResponse {
  /** In the last line "success" or "failed". */
  status: string;
  digest?: string;
  /** Bytes. */
  total?: number;
  /** Bytes. */
  completed?: number;
  /** Blobs; in the last line, as all that follows. */
  checked?: number;
  /** Bytes read of good blobs. */
  bytes?: number;
  broken?: BrokenBlob[];
  /** Names of models whose manifest cannot be read. */
  broken_manifests?: string[];
}

import { z } from 'zod';
import { requestObject } from './request-object.ts';

/** POST /api/verify; without a model, it verifies all models. */
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
  /** "success" or "failed" on the last line. */
  status: string;
  digest?: string;
  /** Bytes. */
  total?: number;
  /** Bytes. */
  completed?: number;
  /** Number of blobs checked. This field and those below appear only on the last line. */
  checked?: number;
  /** Bytes read from intact blobs. */
  bytes?: number;
  broken?: BrokenBlob[];
  /** Names of models whose manifest cannot be read. */
  broken_manifests?: string[];
}

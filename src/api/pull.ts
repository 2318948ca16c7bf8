import { z } from 'zod';
import { requestObject } from './request-object.ts';

/** POST /api/pull */
export const pullRequestSchema = requestObject({
  model: z.string().exactOptional(),
  name: z.string().exactOptional(),
  insecure: z.boolean().exactOptional(),
  /** Default true. */
  stream: z.boolean().exactOptional(),
});

export type PullRequest = z.infer<typeof pullRequestSchema>;

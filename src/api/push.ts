import { z } from 'zod';
import { requestObject } from './request-object.ts';

/** POST /api/push */
export const pushRequestSchema = requestObject({
  model: z.string().exactOptional(),
  name: z.string().exactOptional(),
  insecure: z.boolean().exactOptional(),
  /** Default true. */
  stream: z.boolean().exactOptional(),
});

export type PushRequest = z.infer<typeof pushRequestSchema>;

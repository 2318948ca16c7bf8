import { z } from 'zod';
import { requestObject } from './request-object.ts';

/** POST /api/copy */
export const copyRequestSchema = requestObject({
  source: z.string().default(''),
  destination: z.string().default(''),
});

export type CopyRequest = z.infer<typeof copyRequestSchema>;

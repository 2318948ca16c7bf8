import { z } from 'zod';
import { requestObject } from './request-object.ts';

/** DELETE /api/delete */
export const deleteRequestSchema = requestObject({
  model: z.string().exactOptional(),
  name: z.string().exactOptional(),
});

export type DeleteRequest = z.infer<typeof deleteRequestSchema>;

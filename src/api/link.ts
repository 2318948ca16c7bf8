import { z } from 'zod';
import { requestObject } from './request-object.ts';

/** Longest path of Linux. */
const MAX_SOURCE = 4096;

/** POST /api/link: without a token, asks where to put a link; with one, makes the link that was put there a blob. */
export const linkRequestSchema = requestObject({
  digest: z.string(),
  token: z.string().exactOptional(),
  /** What the user calls the file: for messages, never opened. */
  source: z.string().max(MAX_SOURCE).exactOptional(),
});

export interface LinkResponse {
  /** To be sent again when the link is there. */
  token: string;
  /** Where the client puts the link. */
  path: string;
}

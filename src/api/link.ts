import { z } from 'zod';
import { requestObject } from './request-object.ts';

/** Maximum length of a path on Linux (PATH_MAX). */
const MAX_SOURCE = 4096;

/** POST /api/link: without a token, asks where to put a link; with one, turns the link at that place into a blob. */
export const linkRequestSchema = requestObject({
  digest: z.string(),
  token: z.string().exactOptional(),
  /** The user's name for the file: it appears in messages and is never opened. */
  source: z.string().max(MAX_SOURCE).exactOptional(),
});

export interface LinkResponse {
  /** The client sends it back once the link exists. */
  token: string;
  /** Where the client must create the link. */
  path: string;
}

import { z } from 'zod';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { requestObject } from '../../api/request-object.ts';

/** Fields of chat and text completions about what a stream contains. */
export const streamFields = {
  stream_options: requestObject({
    include_usage: z.boolean().exactOptional(),
    include_obfuscation: z.boolean().exactOptional(),
  }).exactOptional(),
};

interface StreamRequest {
  readonly stream_options?: { readonly include_obfuscation?: boolean };
}

/** Streams are never obfuscated, so only a request for it is in vain. */
export function nameStreamOptions({ stream_options: options }: StreamRequest, ignored: IgnoredParts): void {
  if (options?.include_obfuscation) ignored.add('stream_options.include_obfuscation');
}

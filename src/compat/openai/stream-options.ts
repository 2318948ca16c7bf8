import { z } from 'zod';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import { requestObject } from '../../api/request-object.ts';

/** Fields of chat and text completions about what a stream contains. */
export const streamFields = {
  stream_options: requestObject({
    include_usage: z.boolean().exactOptional(),
    include_obfuscation: z.boolean().exactOptional(),
  }).exactOptional(),
  /** An extension, as in llama-server. */
  return_progress: z.boolean().exactOptional(),
};

interface StreamRequest {
  readonly stream?: boolean;
  readonly return_progress?: boolean;
  readonly stream_options?: { readonly include_obfuscation?: boolean };
}

/**
 * Converts the fields about streams to the native API.
 * @param ignored gets what is in vain: streams are never obfuscated, and only streams report progress
 */
export function nativeStreamFields(
  { stream = false, return_progress: progress = false, stream_options: options }: StreamRequest,
  ignored: IgnoredParts,
): { return_progress?: true } {
  if (options?.include_obfuscation) ignored.add('stream_options.include_obfuscation');
  if (progress && !stream) ignored.add('return_progress');
  return progress && stream ? { return_progress: true } : {};
}

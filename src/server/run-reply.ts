import type { ChunkFields } from '../api/common.ts';
import type { Logger } from '../base/logger.ts';
import type { RunNotices } from '../inference/completion-run.ts';
import { eventReply } from './event-reply.ts';
import { requestAbort } from './request-signal.ts';
import type { RequestContext } from './server-parts.ts';

export interface RunReplyOptions<Chunk extends ChunkFields> {
  readonly start: (signal: AbortSignal, notices: RunNotices) => AsyncIterable<Chunk>;
  readonly stream: boolean;
  readonly collect: (chunks: Chunk[]) => Chunk;
  readonly headers: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** The reply to a generate or chat request. */
export function runReply<Chunk extends ChunkFields>(
  context: RequestContext,
  { start, stream, collect, headers, logger }: RunReplyOptions<Chunk>,
): Promise<Response> {
  const abort = requestAbort(context);
  let truncated = false;
  const chunks = start(abort.signal, {
    promptTruncated: () => {
      truncated = true;
    },
  });
  return eventReply(chunks, {
    stream,
    collect,
    abort,
    logger,
    headers: () => ({ ...headers, ...(truncated && { 'X-Ollama-Prompt-Truncated': 'true' }) }),
    isWhole: ({ done_reason, _debug_info }) =>
      _debug_info !== undefined || done_reason === 'load' || done_reason === 'unload',
  });
}

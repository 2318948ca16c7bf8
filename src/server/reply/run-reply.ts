import type { ChunkFields } from '../../api/common.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import type { Logger } from '../../base/logger.ts';
import type { Caller } from '../../inference/caller.ts';
import type { RunNotices } from '../../inference/completion/completion-run.ts';
import { noteAction } from '../audit/audit-note.ts';
import { requestCaller } from '../request/request-caller.ts';
import { requestLogger } from '../request/request-id.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { RequestContext } from '../server-parts.ts';
import { eventReply } from './event-reply.ts';
import { RunHeaders } from './run-headers.ts';

export interface RunReplyOptions<Chunk extends ChunkFields> {
  readonly start: (caller: Caller, notices: RunNotices) => AsyncIterable<Chunk>;
  readonly stream: boolean;
  readonly collect: (chunks: Chunk[]) => Chunk;
  readonly ignored: IgnoredParts;
  readonly logger: Logger;
}

/** Starts a generate or chat run and returns its reply. */
export function runReply<Chunk extends ChunkFields>(
  context: RequestContext,
  { start, stream, collect, ignored, logger }: RunReplyOptions<Chunk>,
): Promise<Response> {
  const abort = requestAbort(context);
  const notices = new RunHeaders(ignored, { showsQueue: stream });
  const chunks = start(requestCaller(context, abort, { isStream: stream }), notices);
  return eventReply(chunks, {
    stream,
    collect,
    abort,
    logger: requestLogger(context, logger),
    headers: () => notices.all(),
    isWhole: ({ done_reason: reason, _debug_info }) => {
      const isLoading = reason === 'load' || reason === 'unload';
      if (isLoading) noteAction(context, reason);
      return isLoading || _debug_info !== undefined;
    },
  });
}

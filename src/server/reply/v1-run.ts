import type { ChunkFields } from '../../api/common.ts';
import type { IgnoredParts } from '../../api/ignored-parts.ts';
import type { OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Caller } from '../../inference/caller.ts';
import type { RunNotices } from '../../inference/completion/completion-run.ts';
import { requestCaller } from '../request/request-caller.ts';
import { requestId, requestLogger } from '../request/request-id.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { RequestContext } from '../server-parts.ts';
import { mergedChoices, onlyChoice, type Part } from './choices.ts';
import { openAi } from './dialect.ts';
import { jsonReply } from './http-reply.ts';
import { RunHeaders } from './run-headers.ts';
import { KEEP_ALIVE_COMMENT, type SseEvent, sseReply } from './sse-reply.ts';

export function secondsNow(): number {
  return Math.floor(Date.now() / 1000);
}

export interface V1Run<Chunk extends ChunkFields> {
  /** Starts one run per answer. */
  readonly runs: (caller: Caller, notices: RunNotices) => AsyncGenerator<Chunk, void, undefined>[];
  /** By which the reply names itself. */
  readonly id: string;
  readonly stream: boolean;
  /** Combines the chunks of one answer. */
  readonly collect: (chunks: Chunk[]) => Chunk;
  /** Builds the reply when it is not streamed. */
  readonly whole: (choices: { index: number; reply: Chunk }[]) => object;
  /** Converts a chunk of one answer to events; `end` returns the events after all answers. */
  readonly part: (part: { index: number; chunk: Chunk }) => object[];
  readonly end: () => object[];
  readonly ignored: IgnoredParts;
  readonly logger: Logger;
}

/** The chunks of all runs; the usual request has one, which needs no merging. */
function partsOf<Chunk>(runs: AsyncGenerator<Chunk, void, undefined>[]): AsyncIterable<Part<Chunk>> {
  const [run, second] = runs;
  return run && !second ? onlyChoice(run) : mergedChoices(runs);
}

/** Replies to a request of OpenAI's API for one or several answers. */
export async function v1RunReply<Chunk extends ChunkFields>(
  context: RequestContext,
  run: V1Run<Chunk>,
): Promise<Response> {
  const abort = requestAbort(context);
  const notices = new RunHeaders(run.ignored);
  const about = { isStream: run.stream, responseId: run.id };
  const parts = partsOf(run.runs(requestCaller(context, abort, about), notices));
  if (!run.stream) {
    const chunks: Chunk[][] = [];
    for await (const { index, chunk } of parts) {
      chunks[index] ??= [];
      chunks[index].push(chunk);
    }
    const choices = chunks.map((own, index) => ({ index, reply: run.collect(own) }));
    const debugged = choices[0]?.reply;
    return jsonReply(debugged?._debug_info ? debugged : run.whole(choices), notices.all());
  }
  async function* events(): AsyncGenerator<SseEvent, void, undefined> {
    for await (const part of parts) for (const data of run.part(part)) yield { data };
    for (const data of run.end()) yield { data };
    yield { data: '[DONE]' };
  }
  const errorEvents = (error: OllamaError) => [
    { data: openAi.errorBody(error, requestId(context)) },
    { data: '[DONE]' },
  ];
  return sseReply(events(), {
    abort,
    logger: requestLogger(context, run.logger),
    headers: () => notices.all(),
    errorEvents,
    keepAlive: KEEP_ALIVE_COMMENT,
  });
}

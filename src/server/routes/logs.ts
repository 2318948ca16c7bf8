import type { LogEvent, LogLine, LogsResponse } from '../../api/logs.ts';
import { OllamaError } from '../../base/errors.ts';
import type { RecentLog } from '../logging/recent-log.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { type PieceSource, pieceReply } from '../reply/piece-reply.ts';
import { endWithKey } from '../request/end-with-key.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { RequestContext, Route, ServerParts } from '../server-parts.ts';
import { turns } from '../turns.ts';

const DEFAULT_LINES = 100;
/** All that a server keeps at most is five times this. */
const MAX_LINES = 1000;
/** Lines of one piece of a stream, unless they are long: less than a millisecond of work. */
const LINES_PER_PIECE = 50;
/** Pages of the few people who look after a server. Each holds a connection. */
const MAX_READERS = 16;
/** Proxies close silent connections after 30 s or more. */
const KEEP_ALIVE_MS = 10_000;

const NOT_KEPT = { 'Cache-Control': 'no-store' } as const;

/** The latest lines of the log, and with `?follow=true` those that follow. */
export function logsRoute({ recentLog, keys }: Pick<ServerParts, 'recentLog' | 'keys'>): Route {
  let readers = 0;
  return {
    path: '/api/logs',
    handlers: {
      GET: async (context) => {
        const first = Math.max(0, recentLog.end - lineCount(context));
        if (context.req.query('follow') !== 'true') {
          const body: LogsResponse = { lines: await linesFrom(recentLog, first) };
          return jsonReply(body, NOT_KEPT);
        }
        if (readers >= MAX_READERS) {
          throw new OllamaError('busy', `${MAX_READERS} clients follow the log already: close one of them`);
        }
        readers += 1;
        const onEnd = () => {
          readers -= 1;
        };
        const headers = {
          'Content-Type': 'application/x-ndjson',
          'Transfer-Encoding': 'chunked',
          ...NOT_KEPT,
        };
        const abort = requestAbort(context);
        endWithKey(context, { keys, scope: 'admin' }, abort);
        return pieceReply(logPieces(recentLog, first, { abort, onEnd }), { headers });
      },
    },
  };
}

/** The lines up to what is now the end. Clients choose how long lines are, so others get their turn in between. */
async function linesFrom(log: RecentLog, first: number): Promise<LogLine[]> {
  const { end } = log;
  const found: LogLine[] = [];
  for (let place = first; place < end; ) {
    const { lines, next } = log.from(place, end - place);
    found.push(...lines);
    place = next;
    if (place < end) await turns.next();
  }
  return found;
}

function lineCount(context: RequestContext): number {
  const text = context.req.query('lines') ?? String(DEFAULT_LINES);
  const count = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= MAX_LINES) return count;
  throw new OllamaError('invalid-request', `"lines" must be a number from 0 to ${MAX_LINES}`);
}

interface Reader {
  readonly abort: AbortController;
  /** Called once, when the client leaves or the log ends. */
  readonly onEnd: () => void;
}

function logPieces(log: RecentLog, first: number, { abort, onEnd }: Reader): PieceSource {
  let place = first;
  let hasEnded = false;
  const end = () => {
    if (!hasEnded) onEnd();
    hasEnded = true;
  };
  // The connection may break before anything is read of the reply.
  abort.signal.addEventListener('abort', end, { once: true });
  return {
    async next() {
      for (;;) {
        await log.reaches(place, abort.signal);
        await turns.next();
        const { lost, lines, next } = log.from(place, LINES_PER_PIECE);
        if (abort.signal.aborted || (log.hasEnded && next === place)) {
          end();
          return undefined;
        }
        place = next;
        const events: LogEvent[] = [...(lost > 0 ? [{ lost }] : []), ...lines];
        if (events.length > 0) return events.map((event) => `${JSON.stringify(event)}\n`).join('');
      }
    },
    async cancel() {
      abort.abort();
      end();
    },
    keepAlive: { piece: `${JSON.stringify({ lost: 0 })}\n`, milliseconds: KEEP_ALIVE_MS },
  };
}

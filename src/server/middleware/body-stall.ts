import type { IncomingMessage } from 'node:http';
import type { MiddlewareHandler } from 'hono';
import { OllamaError } from '../../base/errors.ts';
import { dialectError } from '../reply/dialect.ts';
import type { ServerEnvironment } from '../server-parts.ts';

/**
 * Longest silence of a client that has not sent its whole body. A broken line recovers within this time or not at all.
 * There is no limit on the whole time: an upload of many gigabytes over a slow line goes on as long as bytes arrive.
 */
const SILENCE_MS = 60_000;
/** The looks per limit: a silent body is refused at most a quarter of the limit late. */
const LOOKS = 4;
const REQUEST_TIMEOUT = 408;

/** Answers a request with 408 when its client stops sending in the middle of the body. */
export function bodyStall(silenceMs = SILENCE_MS): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const incoming = context.env?.incoming;
    if (!incoming || !hasBody(incoming)) return next();
    const watch = watchBody(incoming, silenceMs);
    try {
      const running = next();
      const first = await Promise.race([running, watch.stalled]);
      if (first !== 'stalled') return;
      // The route still waits for its body; it fails when the connection closes after the reply.
      running.catch(() => undefined);
      const message = `no byte of the request body arrived for ${silenceMs / 1000} s: send it again`;
      const reply = dialectError(
        context,
        new OllamaError('invalid-request', message, { status: REQUEST_TIMEOUT }),
      );
      reply.headers.set('Connection', 'close');
      return reply;
    } finally {
      watch.stop();
    }
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Resolves `stalled` when the sender has been silent for the limit. Bytes that we have not read yet are not its silence. */
function watchBody(incoming: IncomingMessage, silenceMs: number) {
  const { socket } = incoming;
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<'stalled'>((resolve) => {
    let heard = socket.bytesRead;
    let silentLooks = 0;
    timer = setInterval(() => {
      if (incoming.complete || incoming.destroyed) return clearInterval(timer);
      const isSilent = socket.bytesRead === heard && incoming.readableLength === 0;
      heard = socket.bytesRead;
      silentLooks = isSilent ? silentLooks + 1 : 0;
      if (silentLooks >= LOOKS) resolve('stalled');
    }, silenceMs / LOOKS);
  });
  return { stalled, stop: () => clearInterval(timer) };
}

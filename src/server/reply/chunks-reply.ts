import type { ServerResponse } from 'node:http';

/** The chunks of bodies that nobody has begun to read. */
const bodies = new WeakMap<object, readonly Uint8Array[]>();

/**
 * A reply whose body lies in memory already, in chunks. The server writes these to the connection as they are; a `Response`
 * with such a body would copy them, and the HTTP adapter would read the copy as a stream.
 */
export function chunksReply(
  chunks: readonly Uint8Array[],
  headers: Readonly<Record<string, string>>,
): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        for (const chunk of chunks) if (chunk.length > 0) controller.enqueue(Uint8Array.from(chunk));
        controller.close();
      },
    },
    // Nothing is copied before somebody reads.
    { highWaterMark: 0 },
  );
  bodies.set(body, chunks);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return new Response(body, { headers: { ...headers, 'Content-Length': String(length) } });
}

/** Sends a reply to its connection. @returns false for replies that do not consist of such chunks */
export function sendChunks(reply: Response, outgoing: ServerResponse): boolean {
  const { body } = reply;
  const chunks = body === null || body.locked ? undefined : bodies.get(body);
  if (!chunks) return false;
  // A connection that breaks is closed, too.
  outgoing.on('error', () => undefined);
  outgoing.writeHead(reply.status, Object.fromEntries(reply.headers));
  outgoing.cork();
  for (const chunk of chunks) outgoing.write(chunk);
  outgoing.end();
  return true;
}

/**
 * Replies that are sent piece by piece, each made when the socket has taken the one before. The usual way of such a body, a
 * web stream that the HTTP adapter reads, takes more processor time than making the pieces. So the server writes them
 * to the connection itself, and the web stream serves whoever reads the reply as a `Response`.
 */
import type { ServerResponse } from 'node:http';
import { ChunkedOutput } from './chunked-output.ts';

/** Makes the pieces of a body: whole lines, or whole events. */
export interface PieceSource {
  /** The next piece; undefined at the end. Never rejects: what fails becomes the last piece. */
  next(): Promise<string | undefined>;
  /** Must be called when the reader leaves before the end. What fails then concerns nobody. */
  cancel(): Promise<void>;
  /** What to send during silence; absent = nothing. */
  readonly keepAlive?: KeepAlivePiece;
}

interface KeepAlivePiece {
  readonly piece: string;
  readonly milliseconds: number;
}

/** The sources of bodies that nobody has begun to read. */
const sources = new WeakMap<object, PieceSource>();

export function pieceReply(source: PieceSource, init: ResponseInit): Response {
  const body = pieceStream(source);
  sources.set(body, source);
  return new Response(body, init);
}

/** A reply whose pieces are changed one by one. @returns undefined for other replies */
export function changedPieces(reply: Response, change: (piece: string) => string): Response | undefined {
  const source = sourceOf(reply);
  if (!source) return undefined;
  const changed: PieceSource = {
    ...source,
    next: async () => {
      const piece = await source.next();
      return piece === undefined ? undefined : change(piece);
    },
  };
  return pieceReply(changed, reply);
}

/** Sends a reply to its connection. @returns false for replies that do not consist of pieces */
export function sendPieces(reply: Response, outgoing: ServerResponse): boolean {
  const source = sourceOf(reply);
  const { socket } = outgoing;
  const isChunked = reply.headers.get('Transfer-Encoding') === 'chunked';
  if (!source || !socket || !isChunked) return false;
  outgoing.writeHead(reply.status, Object.fromEntries(reply.headers));
  void writePieces(source, outgoing, new ChunkedOutput(outgoing, socket));
  return true;
}

function sourceOf({ body }: Response): PieceSource | undefined {
  return body === null || body.locked ? undefined : sources.get(body);
}

async function writePieces(
  source: PieceSource,
  outgoing: ServerResponse,
  output: ChunkedOutput,
): Promise<void> {
  let hasLeft = outgoing.destroyed;
  const { keepAlive } = source;
  const keepOpen = () => {
    if (!output.isBlocked && keepAlive) output.write(keepAlive.piece);
  };
  const timer = keepAlive && setInterval(keepOpen, keepAlive.milliseconds);
  const leave = () => {
    hasLeft = true;
    clearInterval(timer);
    output.release();
    source.cancel().catch(() => undefined);
  };
  // A connection that breaks is closed, too.
  outgoing.on('error', () => undefined);
  if (hasLeft) leave();
  else outgoing.once('close', leave);
  while (!hasLeft) {
    const piece = await source.next();
    if (hasLeft || piece === undefined) break;
    timer?.refresh();
    output.write(piece);
    if (output.isBlocked) await output.released();
  }
  clearInterval(timer);
  if (hasLeft) return;
  outgoing.off('close', leave);
  output.end();
}

function pieceStream(source: PieceSource): ReadableStream<Uint8Array> {
  const { keepAlive } = source;
  let pending: Promise<string | undefined> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        pending ??= source.next();
        if (keepAlive && !(await settlesWithin(pending, keepAlive.milliseconds))) {
          controller.enqueue(Buffer.from(keepAlive.piece));
          return;
        }
        const piece = await pending;
        pending = undefined;
        if (piece === undefined) controller.close();
        else controller.enqueue(Buffer.from(piece));
      },
      cancel: () => source.cancel(),
    },
    // Nothing is made before somebody reads.
    { highWaterMark: 0 },
  );
}

/** Whether a promise settles within this time. Rethrows its error. */
export async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

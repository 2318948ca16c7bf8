import type { MiddlewareHandler } from 'hono';
import type { Logger } from '../../base/logger.ts';
import { changedPieces } from '../reply/piece-reply.ts';
import { jsonWithoutPaths } from '../reply/without-paths.ts';
import { isLocalClient } from '../request/loopback.ts';
import { requestLogger } from '../request/request-id.ts';
import type { ServerEnvironment } from '../server-parts.ts';

const FAILED = 400;
/** Routes whose every event is about files. */
const filePaths = new Set(['/api/verify']);
/** How a piece of a stream begins that tells an error: a line of NDJSON, or an event of server-sent events. */
const errorPiece = /^(?:\{"error":|event: (?:error|response\.failed)\n|data: \{"(?:error|type":"error)")/;

/**
 * Keeps the paths of this machine's files from clients on other machines: they get the text of an error with only the last
 * part of each path. The log gets the whole text.
 * @param folders absolute paths of the server's folders
 */
export function pathPrivacy(
  folders: readonly string[],
  logger: Logger,
): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    await next();
    if (isLocalClient(context)) return;
    const { res: reply } = context;
    const { method, path } = context.req;
    const hide = (text: string) => {
      const shortened = withoutPaths(text, folders);
      if (shortened === text) return text;
      requestLogger(context, logger).warn('told a client an error without its paths', { method, path, text });
      return shortened;
    };
    const isAboutFiles = reply.status >= FAILED || filePaths.has(path);
    const isStream = /ndjson|event-stream/.test(reply.headers.get('Content-Type') ?? '');
    if (reply.body === null || !(isStream || isAboutFiles)) return;
    const hidden = (piece: string) => (isAboutFiles || isError(piece) ? hide(piece) : piece);
    const stream = isStream ? (changedPieces(reply, hidden) ?? hidingStream(reply, hidden)) : undefined;
    context.res = stream ?? new Response(hide(await reply.text()), reply);
  };
}

/** Each piece of our streams is a whole line or event. */
function hidingStream(reply: Response, hidden: (piece: string) => string): Response {
  const decoder = new TextDecoder();
  const hiding = new TransformStream<Uint8Array, Uint8Array>({
    transform: (piece, controller) => controller.enqueue(Buffer.from(hidden(decoder.decode(piece)))),
  });
  return new Response(reply.body?.pipeThrough(hiding), reply);
}

/** Far longer than any error. */
const MAX_ERROR_CHARACTERS = 1024 * 1024;

function isError(piece: string): boolean {
  return piece.length < MAX_ERROR_CHARACTERS && errorPiece.test(piece);
}

function withoutPaths(text: string, folders: readonly string[]): string {
  return text
    .split('\n')
    .map((line) => {
      const [, prefix = '', json = ''] = /^((?:data: )?)(\{.*\})$/.exec(line) ?? [];
      if (json === '') return line;
      return prefix + JSON.stringify(jsonWithoutPaths(JSON.parse(json), folders));
    })
    .join('\n');
}

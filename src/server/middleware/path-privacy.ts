import type { MiddlewareHandler } from 'hono';
import type { Logger } from '../../base/logger.ts';
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
    context.res = isStream
      ? new Response(reply.body.pipeThrough(hidingStream(isAboutFiles, hide)), reply)
      : new Response(hide(await reply.text()), reply);
  };
}

/** Each piece of our streams is a whole line or event. */
function hidingStream(isAboutFiles: boolean, hide: (text: string) => string) {
  const decoder = new TextDecoder();
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      const text = isAboutFiles || piece.length < MAX_ERROR_BYTES ? decoder.decode(piece) : '';
      const isError = isAboutFiles || errorPiece.test(text);
      controller.enqueue(isError ? Buffer.from(hide(text)) : piece);
    },
  });
}

/** Far longer than any error. */
const MAX_ERROR_BYTES = 1024 * 1024;

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

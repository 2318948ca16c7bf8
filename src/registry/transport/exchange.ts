import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Dispatcher, request } from 'undici';
import { OllamaError } from '../../base/errors.ts';

/** Statuses whose responses have no body (Fetch standard, "null body status"). */
const bodilessStatuses = [204, 205, 304];

/**
 * Sends one request and returns its response, in the form of `fetch` but without the rules for web pages: `fetch` refuses
 * ports such as 6000, and sends headers by which servers recognize browsers. Follows no redirects.
 * @throws as `fetch`: a TypeError with the system's error as its cause, or the reason of the signal
 */
export async function exchange(url: URL, init: RequestInit, dispatcher: Dispatcher): Promise<Response> {
  const headers = { Accept: '*/*', 'Accept-Encoding': 'gzip', ...(init.headers as Record<string, string>) };
  const signal = init.signal ?? undefined;
  try {
    const reply = await request(url, {
      dispatcher,
      method: (init.method ?? 'GET') as Dispatcher.HttpMethod,
      headers,
      responseHeaders: 'raw',
      ...(signal && { signal }),
      ...(init.body && { body: bodyOf(init.body) }),
    });
    const received = headersOf(reply.headers as unknown as readonly string[]);
    return responseOf(url, reply, {
      headers: received,
      isPlain: headers['Accept-Encoding'] === 'identity',
      signal,
    });
  } catch (error) {
    throw networkError(error, signal, 'fetch failed');
  }
}

function bodyOf(body: NonNullable<RequestInit['body']>): string | Readable {
  return typeof body === 'string'
    ? body
    : Readable.from(body as AsyncIterable<Uint8Array>, { objectMode: false });
}

/** @param raw names and values in turn */
function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    try {
      headers.append(raw[index] ?? '', raw[index + 1] ?? '');
    } catch {
      // A header that cannot be represented means nothing to us.
    }
  }
  return headers;
}

interface Received {
  readonly headers: Headers;
  /** Whether a compressed body was ruled out; the reader then refuses it. */
  readonly isPlain: boolean;
  readonly signal: AbortSignal | undefined;
}

function responseOf(
  url: URL,
  { statusCode: status, body }: Dispatcher.ResponseData,
  { headers, isPlain, signal }: Received,
): Response {
  // Without a listener, the error of a body that is given up would end the process.
  body.on('error', () => undefined);
  if (status < 200 || status > 599) {
    body.destroy();
    throw new OllamaError('upstream', `${url.host} answered with the status ${status}, which is not valid`);
  }
  const isEmpty = bodilessStatuses.includes(status);
  if (isEmpty) body.destroy();
  const isGzip = !isPlain && headers.get('content-encoding')?.toLowerCase() === 'gzip';
  const plain = isGzip ? pipeline(body, createGunzip(), () => undefined) : body;
  const response = new Response(isEmpty ? null : streamOf(plain, signal), { status, headers });
  Object.defineProperty(response, 'url', { value: url.href });
  return response;
}

/** Reads from the connection only as fast as its reader asks. */
function streamOf(body: Readable, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(networkError(error, signal, 'terminated'));
        }
      },
      cancel: () => {
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

function networkError(error: unknown, signal: AbortSignal | undefined, message: string): unknown {
  if (signal?.aborted) return signal.reason;
  return error instanceof OllamaError ? error : new TypeError(message, { cause: error });
}

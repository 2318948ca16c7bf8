/** A proxy between a program and the server that keeps every request and its reply, for tests with other people's clients. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Exchange {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly requestHeaders: IncomingMessage['headers'];
  readonly requestBody: string;
  /** 502 if the server could not be reached. */
  readonly status: number;
  readonly responseHeaders: IncomingMessage['headers'];
  /** What the server sent; the client may have left before the end. */
  readonly responseBody: string;
}

export interface RecordingProxy extends AsyncDisposable {
  readonly url: string;
  /** The exchanges whose replies have begun, in that order. */
  readonly exchanges: readonly Exchange[];
  /** Exchanges that the server refused, as one line each. */
  refusals(): string[];
}

interface OpenExchange extends Exchange {
  responseBody: string;
}

const BAD_GATEWAY = 502;
/** The lowest status of a refusal. */
const REFUSED = 400;

/** @param target base URL of the server, such as `http://127.0.0.1:11434` */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const exchanges: OpenExchange[] = [];
  const server = createServer((incoming, outgoing) => {
    forward(incoming, outgoing, { target, exchanges }).catch((error: unknown) =>
      outgoing.destroy(toError(error)),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges,
    refusals: () =>
      exchanges
        .filter(({ status }) => status >= REFUSED)
        .map(({ method, path, status, responseBody }) => `${method} ${path}: ${status} ${responseBody}`),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { target, exchanges }: { target: string; exchanges: OpenExchange[] },
): Promise<void> {
  const body = await bytesOf(incoming);
  const { method = 'GET', url: path = '/', headers: requestHeaders } = incoming;
  const begin = (status: number, responseHeaders: IncomingMessage['headers']): OpenExchange => {
    const requestBody = body.toString();
    const exchange = { method, path, requestHeaders, requestBody, status, responseHeaders, responseBody: '' };
    exchanges.push(exchange);
    return exchange;
  };
  const { hostname: host, port } = new URL(target);
  // The body is sent whole, so its length replaces the client's way of framing it.
  const { 'transfer-encoding': _, ...kept } = requestHeaders;
  const headers = {
    ...kept,
    host: `${host}:${port}`,
    ...(body.length > 0 && { 'content-length': body.length }),
  };
  const onward = request({ host, port, method, path, headers }, (reply) => {
    const { statusCode: status = BAD_GATEWAY } = reply;
    const exchange = begin(status, reply.headers);
    outgoing.writeHead(status, reply.headers);
    const decoder = new TextDecoder();
    reply.on('data', (chunk: Buffer) => {
      exchange.responseBody += decoder.decode(chunk, { stream: true });
    });
    reply.on('error', () => outgoing.destroy());
    reply.pipe(outgoing);
  });
  onward.on('error', (error) => {
    if (outgoing.headersSent) return;
    begin(BAD_GATEWAY, {}).responseBody = error.message;
    outgoing.writeHead(BAD_GATEWAY).end(error.message);
  });
  // A client that leaves must end the server's work too.
  outgoing.on('close', () => onward.destroy());
  onward.end(body);
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

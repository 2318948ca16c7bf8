import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** Resolves when the client has closed the connection before the reply ended. */
  readonly closed: Promise<void>;
}

/** Writes the reply to one request. */
export type Recording = (reply: ServerResponse, request: ReceivedRequest) => void | Promise<void>;

export interface RecordedUpstream {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** How the next requests are answered, one each; the last one stays. */
  answer(...recordings: Recording[]): void;
  /** Destroys all connections and closes the port. */
  kill(): Promise<void>;
}

/** A server that answers with what was recorded. */
export async function startRecordedUpstream(...first: Recording[]): Promise<RecordedUpstream> {
  let recordings = first;
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
      const closed = new Promise<void>((resolve) => {
        reply.on('close', () => {
          if (!reply.writableFinished) resolve();
        });
      });
      const received = { path: request.url ?? '', headers: request.headers, body, closed };
      requests.push(received);
      const recording = recordings.length > 1 ? recordings.shift() : recordings[0];
      void recording?.(reply, received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer: (...next) => {
      recordings = next;
    },
    kill: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Server-sent events; an object is one event's data. */
function events(...items: readonly (object | string)[]): Recording {
  return (reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const item of items) reply.write(eventText(item));
    reply.end();
  };
}

export function eventText(item: object | string): string {
  if (typeof item === 'string') return `data: ${item}\n\n`;
  const name = 'type' in item ? `event: ${String(item.type)}\n` : '';
  return `${name}data: ${JSON.stringify(item)}\n\n`;
}

export function status(code: number, body: object = {}, headers: Record<string, string> = {}): Recording {
  return (reply) => {
    reply.writeHead(code, { 'content-type': 'application/json', ...headers });
    reply.end(JSON.stringify(body));
  };
}

/** One chunk of a chat stream of OpenAI's API. */
export function chatChunk(delta: object, finish: string | null = null): object {
  return {
    ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' },
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

/** A whole answer of OpenAI's API. */
export function said(text: string): Recording {
  return events(chatChunk({ role: 'assistant', content: text }), chatChunk({}, 'stop'), '[DONE]');
}

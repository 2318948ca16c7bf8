import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Body = Readonly<Record<string, unknown>>;

/** An answer may be delayed, and may write its response in pieces. */
export type Answer = (body: Body, response: ServerResponse) => unknown;

export interface AnsweringServer extends AsyncDisposable {
  /** Value of OLLAMA_HOST for a client. */
  readonly host: string;
  /** All requests with a body, in order. */
  readonly requests: { readonly path: string; readonly body: Body }[];
  /** The body of the last request to a path. */
  last(path: string): Body | undefined;
}

/** A server of the native API whose answers a test provides; a path without an answer returns 404. */
export async function startAnsweringServer(
  answers: Readonly<Record<string, Answer>>,
): Promise<AnsweringServer> {
  const requests: AnsweringServer['requests'] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '';
      const body = await bodyOf(request);
      if (request.method === 'HEAD') return response.end();
      if (request.method === 'POST') requests.push({ path, body });
      const answer = answers[path];
      if (!answer) return refuse(response, 404, '404 page not found');
      await answer(body, response);
      if (!response.writableEnded) response.end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    last: (path) => requests.findLast((request) => request.path === path)?.body,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function refuse(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ error }));
}

/** Writes one line of a stream. */
export function writeLine(response: ServerResponse, value: Body): void {
  response.write(`${JSON.stringify(value)}\n`);
}

/** Facts about a model, as /api/show returns them. */
export function shown(facts: Body = {}): Answer {
  const details = {
    parent_model: '',
    format: 'gguf',
    family: 'llama',
    families: null,
    parameter_size: '1M',
    quantization_level: 'F32',
  };
  const body = {
    details,
    model_info: {},
    modified_at: '2026-01-01T00:00:00Z',
    capabilities: ['completion'],
    ...facts,
  };
  return (_, response) => response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Body);
}

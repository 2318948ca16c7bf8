import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

interface RecordedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as text. */
  readonly body: string;
  /** Status of the reply; 0 until it has begun. */
  status: number;
}

/** A proxy on a free port of 127.0.0.1 that changes nothing and keeps all requests. */
export class RecordingFront {
  readonly requests: RecordedRequest[] = [];
  readonly #target: URL;
  readonly #server = createServer((incoming, response) => void this.#forward(incoming, response));

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  /** @param target address of the server */
  static async start(target: string): Promise<RecordingFront> {
    const front = new RecordingFront(target);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The requests so far to a path. */
  to(path: string): RecordedRequest[] {
    return this.requests.filter((recorded) => recorded.path === path);
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = '', url = '/', headers } = incoming;
    const [path = ''] = url.split('?');
    const recorded: RecordedRequest = { method, path, headers, body: body.toString(), status: 0 };
    this.requests.push(recorded);
    const { hostname, port } = this.#target;
    const outgoing = request({ hostname, port, method, path: url, headers }, (reply) => {
      recorded.status = reply.statusCode ?? 0;
      response.writeHead(recorded.status, reply.headers);
      reply.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    outgoing.end(body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

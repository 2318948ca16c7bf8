import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface SeenRequest {
  readonly url: string;
  readonly range: string | undefined;
  /** Number of bytes of the response body handed to the connection so far. */
  bytes: number;
}

/**
 * A proxy in front of a registry, on a free port of 127.0.0.1, that changes nothing and counts what the registry
 * serves.
 */
export class CountingFront {
  readonly requests: SeenRequest[] = [];
  readonly #target: number;
  readonly #server = createServer((incoming, response) => this.#forward(incoming, response));

  private constructor(target: number) {
    this.#target = target;
  }

  /** @param target port of the registry on 127.0.0.1 */
  static async start(target: number): Promise<CountingFront> {
    const front = new CountingFront(target);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The requests so far whose URL contains the text. */
  requestsFor(text: string): SeenRequest[] {
    return this.requests.filter(({ url }) => url.includes(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const { url = '', method, headers } = incoming;
    const seen: SeenRequest = { url, range: headers.range, bytes: 0 };
    this.requests.push(seen);
    const options = { host: '127.0.0.1', port: this.#target, path: url, method, headers };
    const outgoing = request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('data', (chunk: Buffer) => {
        seen.bytes += chunk.length;
      });
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('error', () => outgoing.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}

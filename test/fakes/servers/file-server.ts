import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from './registry-server.ts';

/** Answers a request and returns true, or leaves it to the next handler. */
type Behaviour = (request: IncomingMessage, response: ServerResponse) => boolean;

/** An ordinary web server on a free port of 127.0.0.1: files with ETags, ranges and If-Range (RFC 9110). */
export class FileServer {
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[] = [];
  /** Files by path, such as "/models/tiny.gguf". */
  readonly files = new Map<string, Uint8Array>();
  /** False leaves out ETags and dates. */
  hasValidators = true;
  readonly #behaviours: Behaviour[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#handle(request, response));
  }

  static async start(files: Readonly<Record<string, Uint8Array>> = {}): Promise<FileServer> {
    const server = new FileServer();
    for (const [path, bytes] of Object.entries(files)) server.files.set(path, bytes);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Host and port, "127.0.0.1:<port>". */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  url(path: string): string {
    return `http://${this.host}${path}`;
  }

  /** Adds a behaviour before the ordinary answers; the newest is tried first. */
  behave(behaviour: Behaviour): void {
    this.#behaviours.unshift(behaviour);
  }

  /** The ranges requested so far, except for the first request that probes a file. */
  ranges(): string[] {
    return this.requests
      .map(({ headers }) => headers.range ?? '')
      .filter((range) => range !== 'bytes=0-1023');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    this.requests.push({ url, headers: request.headers });
    if (this.#behaviours.some((behaviour) => behaviour(request, response))) return;
    const bytes = this.files.get(new URL(url, 'http://x').pathname);
    if (!bytes) {
      response.writeHead(404).end('not here');
      return;
    }
    const etag = this.hasValidators ? { ETag: `"${sha256(bytes).slice(7, 27)}"` } : {};
    const condition = request.headers['if-range'];
    const isSame = condition === undefined || condition === etag.ETag;
    const [, first, last] = (isSame && /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')) || [];
    if (first === undefined) {
      response.writeHead(200, { ...etag, 'Content-Length': bytes.length }).end(bytes);
      return;
    }
    const [start, end] = [Number(first), Math.min(Number(last) + 1, bytes.length)];
    if (start >= bytes.length) {
      response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}` }).end();
      return;
    }
    const range = {
      'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}`,
      'Content-Length': end - start,
    };
    response.writeHead(206, { ...etag, ...range }).end(bytes.subarray(start, end));
  }
}

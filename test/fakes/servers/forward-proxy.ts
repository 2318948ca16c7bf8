import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ForwardProxyOptions {
  /** The required "user:password". */
  readonly password?: string;
  /** Addresses of the names that only the proxy can resolve. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Answers every request with this status. */
  readonly refusal?: number;
}

/**
 * An HTTP proxy on a free port of 127.0.0.1 that supports tunnels, plain requests and Basic passwords. It records the
 * requested targets.
 */
export class ForwardProxy {
  /** "CONNECT host:port" or "GET http://…", one for each request that it let through. */
  readonly served: string[] = [];
  /** All requests, including refused ones. */
  readonly asked: string[] = [];
  readonly #options: ForwardProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(options: ForwardProxyOptions) {
    this.#options = options;
    this.#server = createServer((incoming, response) => this.#forward(incoming, response));
    this.#server.on('connection', (socket) => this.#keep(socket));
    this.#server.on('connect', (incoming, socket) => this.#tunnel(incoming, socket));
  }

  static async start(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** Host and port, "127.0.0.1:<port>". */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
  }

  /** The status to refuse with, if any. */
  #refusal(incoming: IncomingMessage): number | undefined {
    const line = `${incoming.method} ${incoming.url}`;
    this.asked.push(line);
    const { password, refusal } = this.#options;
    const expected = password === undefined ? undefined : `Basic ${Buffer.from(password).toString('base64')}`;
    if (expected !== undefined && incoming.headers['proxy-authorization'] !== expected) return 407;
    if (refusal === undefined) this.served.push(line);
    return refusal;
  }

  #address(host: string): string {
    return this.#options.hosts?.[host] ?? host;
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex): void {
    const refusal = this.#refusal(incoming);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\nProxy-Authenticate: Basic realm="test"\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const target = connect(Number(port || 80), this.#address(hostname), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    this.#keep(target);
    socket.on('close', () => target.destroy());
    target.on('close', () => socket.destroy());
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#refusal(incoming);
    if (refusal !== undefined) {
      response.writeHead(refusal, { 'Proxy-Authenticate': 'Basic realm="test"' }).end('refused');
      return;
    }
    const { hostname, port, pathname, search } = new URL(incoming.url ?? '');
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const target = { host: this.#address(hostname), port, path: pathname + search, headers, agent: false };
    const outgoing = request({ ...target, method: incoming.method }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  }
}

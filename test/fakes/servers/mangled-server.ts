/** A server on loopback whose replies tests may damage in any way, down to bytes that are not HTTP. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface PlainReply {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** What is written to a connection. */
export interface Wire {
  readonly bytes: Uint8Array;
  /** Leave the connection open after the bytes, so that the client has to wait. */
  readonly stays: boolean;
}

export interface AskedFor {
  readonly path: string;
  /** Header names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export class MangledServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(answer: (asked: AskedFor) => Wire) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (!text.includes('\r\n\r\n')) return;
        const { bytes, stays } = answer(parse(text));
        if (stays) socket.write(bytes);
        else socket.end(bytes);
      });
    });
  }

  static async start(answer: (asked: AskedFor) => Wire): Promise<MangledServer> {
    const server = new MangledServer(answer);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The bytes of a reply, undamaged. */
export function encodeReply({ status, headers, body }: PlainReply): Buffer {
  const lines = [`HTTP/1.1 ${status} Status`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

function parse(text: string): AskedFor {
  const [first = '', ...lines] = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { path: first.split(' ')[1] ?? '', headers: new Map(headers) };
}

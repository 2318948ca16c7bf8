import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { OllamaError, systemCode } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import type { ServerApp } from './app.ts';
import { closeServer, discardBody } from './connections/closing.ts';
import { Connections } from './connections/connections.ts';
import { type ConnectionBounds, connectionBounds } from './connections/descriptor-limit.ts';
import { RequestTurns } from './connections/request-turns.ts';
import { StalledReplies } from './connections/stalled-replies.ts';
import { type QuickReplies, quickReply } from './reply/quick-replies.ts';

/** How long running requests may continue after the server starts to close. */
const CLOSE_GRACE_MS = 5000;
/** Longer than the idle timeout of common HTTP clients, so that they never use a connection closed by the server. */
const KEEP_ALIVE_MS = 75_000;
/** A header is at most 16 KB, which takes a second even over a very slow line. Counted from the connection on. */
const HEADER_LIMIT_MS = 60_000;
/** How often Node looks for headers that take too long. */
const HEADER_CHECK_MS = 5000;

/** Where a server listens. */
export interface ListenAddress {
  /** Name or address; "" = all interfaces. */
  readonly host: string;
  /** 0 picks any free port. */
  readonly port: number;
}

export interface ListenOptions {
  /** Constant replies that bypass the application, by path. */
  readonly replies?: QuickReplies;
  readonly logger?: Logger;
  /** Whether the server has begun to stop, and whether it refuses requests already. */
  readonly stopping?: { readonly hasBegun: boolean; readonly refuses: boolean };
  readonly bounds?: ConnectionBounds;
  /** Milliseconds for the header of a request. */
  readonly headerLimitMs?: number;
}

/** An open port. */
export interface ListeningServer {
  /** With the port in use, for example "http://127.0.0.1:11434". */
  readonly url: string;
  readonly port: number;
  /**
   * Lets running requests finish for a while, then cuts them off and closes the port. Requests that arrive meanwhile are
   * answered as always. Safe to call twice.
   * @param graceMs milliseconds; absent = 5000, Infinity = until they end
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Opens a port for the application.
 * @throws OllamaError `internal` with a clear text when the address cannot be used
 */
export async function listen(
  app: ServerApp,
  { host, port }: ListenAddress,
  options: ListenOptions = {},
): Promise<ListeningServer> {
  const { bounds = connectionBounds(), logger = silentLogger } = options;
  const connections = new Connections(bounds, logger);
  const requests = new Requests(app, options);
  const stopWatching = new StalledReplies(requests.running, logger).watch();
  const turns = new RequestTurns({
    handle: (incoming, outgoing) => requests.handle(incoming, outgoing),
    onIdle: (socket) => connections.wait(socket),
  });
  // The time to receive a request is unlimited, because blobs of many gigabytes are uploaded.
  const server = createServer({
    requestTimeout: 0,
    headersTimeout: options.headerLimitMs ?? HEADER_LIMIT_MS,
    connectionsCheckingInterval: Math.min(HEADER_CHECK_MS, options.headerLimitMs ?? HEADER_CHECK_MS),
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', (incoming, outgoing) => {
    // A refused connection has had its reply.
    if (!incoming.socket.writable) return;
    connections.work(incoming);
    turns.receive(incoming, outgoing);
  });
  await opened(server, { host, port });
  server.on('error', (error) => connections.failed(error));
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    port: address.port,
    close: (graceMs = CLOSE_GRACE_MS) => {
      const { running } = requests;
      const hold = () => requests.hold();
      closing ??= closeServer({ server, connections, running, hold }, graceMs).finally(stopWatching);
      return closing;
    },
  };
}

async function opened(server: Server, { host, port }: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) => reject(explainListenError(error, { host, port }));
    server.once('error', fail);
    server.listen(port, host === '' ? undefined : host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

/** Hands requests to the application, or keeps them until they may begin. */
class Requests {
  readonly running = new Set<ServerResponse>();
  readonly #stopping: ListenOptions['stopping'];
  readonly #answersQuickly: ReturnType<typeof quickReply>;
  readonly #listener: ReturnType<typeof getRequestListener>;
  #held: (() => void)[] | undefined;
  #isClosing = false;

  constructor(app: ServerApp, { replies = new Map(), stopping }: ListenOptions) {
    this.#stopping = stopping;
    this.#answersQuickly = quickReply(replies);
    this.#listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
      overrideGlobalObjects: false,
    });
  }

  handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (this.#held) {
      this.#held.push(() => this.#begin(incoming, outgoing));
      return;
    }
    this.#begin(incoming, outgoing);
  }

  /** Keeps the requests that arrive from now on. Their connections are closed after them. @returns begins them */
  hold(): () => void {
    this.#isClosing = true;
    const held: (() => void)[] = [];
    this.#held = held;
    return () => {
      this.#held = undefined;
      for (const begin of held) begin();
    };
  }

  #begin(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.running.add(outgoing);
    outgoing.once('close', () => this.running.delete(outgoing));
    if (this.#isClosing || this.#stopping?.hasBegun) outgoing.setHeader('Connection', 'close');
    if (this.#stopping?.refuses) {
      void discardBody(incoming).then(() => this.#listener(incoming, outgoing));
      return;
    }
    if (!this.#answersQuickly(incoming, outgoing)) void this.#listener(incoming, outgoing);
  }
}

function explainListenError(error: Error, { host, port }: ListenAddress): OllamaError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE:
      'address already in use (another server, perhaps Ollama itself, is running there: stop it or set OLLAMA_HOST)',
    EACCES: 'permission denied (choose a port above 1023 with OLLAMA_HOST)',
    EADDRNOTAVAIL: 'this machine has no such address (correct OLLAMA_HOST)',
    ENOTFOUND: 'unknown host name (correct OLLAMA_HOST)',
  };
  const reason = reasons[systemCode(error) ?? ''] ?? error.message;
  return new OllamaError('internal', `listen tcp ${host}:${port}: bind: ${reason}`, { cause: error });
}

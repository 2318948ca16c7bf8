import { type IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Logger, silentLogger } from '../base/logger.ts';
import type { ServerApp } from './app.ts';
import { closeServer, discardBody } from './connections/closing.ts';
import { Connections } from './connections/connections.ts';
import { type ConnectionBounds, connectionBounds } from './connections/descriptor-limit.ts';
import { RequestTurns } from './connections/request-turns.ts';
import { StalledReplies } from './connections/stalled-replies.ts';
import { noteArrival } from './listening/arrivals.ts';
import type { Listener } from './listening/listeners.ts';
import {
  arrivalBy,
  createHttpServer,
  type HttpServer,
  isReachable,
  isSecureServer,
  openListener,
  openPort,
  openUrl,
  secureContextOf,
} from './listening/open-listener.ts';
import { watchHandshakes } from './listening/tls/handshakes.ts';
import type { ServedCertificate } from './listening/tls/served-certificate.ts';
import { sendChunks } from './reply/chunks-reply.ts';
import { sendPieces } from './reply/piece-reply.ts';
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
  /** Required if a listener speaks TLS. */
  readonly certificate?: Pick<ServedCertificate, 'content' | 'onChange'>;
}

/** An open port, or several. */
export interface ListeningServer {
  /** With the port in use, for example "http://127.0.0.1:11434". */
  readonly url: string;
  /** 0 for a socket file. */
  readonly port: number;
  /** Those of all listeners, in their order; `url` is the first. */
  readonly urls: readonly string[];
  /** Whether programs on other machines reach any listener without a certificate of theirs. */
  readonly isReachable: boolean;
  /**
   * Lets running requests finish for a while, then cuts them off and closes the ports. Requests that arrive meanwhile are
   * answered as always. Safe to call twice.
   * @param graceMs milliseconds; absent = 5000, Infinity = until they end
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Opens a port for the application.
 * @throws OllamaError `internal` with a clear text when the address cannot be used
 */
export function listen(
  app: ServerApp,
  address: ListenAddress,
  options: ListenOptions = {},
): Promise<ListeningServer> {
  return listenEverywhere(app, [{ kind: 'tcp', isSecure: false, ...address }], options);
}

/**
 * Opens all listeners, or none. They share the bounds on connections.
 * @param listeners at least one
 * @throws OllamaError with a clear text that names the first one that cannot be opened
 */
export async function listenEverywhere(
  app: ServerApp,
  listeners: readonly Listener[],
  options: ListenOptions = {},
): Promise<ListeningServer> {
  const { bounds = connectionBounds(), logger = silentLogger } = options;
  const connections = new Connections(bounds, logger);
  const requests = new Requests(app, options);
  const turns = new RequestTurns({
    handle: (incoming, outgoing) => requests.handle(incoming, outgoing),
    onIdle: (socket) => connections.wait(socket),
  });
  const receive = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // A refused connection has had its reply.
    if (!incoming.socket.writable) return;
    connections.work(incoming);
    turns.receive(incoming, outgoing);
  };
  const servers = await openAll(listeners, options, (server) => {
    watchConnections(server, connections, logger);
    server.on('request', receive);
    server.on('error', (error) => connections.failed(error));
  });
  const stopWatching = new StalledReplies(requests.running, logger).watch();
  const urls = servers.map((server, index) => openUrl(server, listeners[index] as Listener));
  let closing: Promise<void> | undefined;
  return {
    url: urls[0] ?? '',
    port: servers[0] ? openPort(servers[0]) : 0,
    urls,
    isReachable: servers.some((server) => isReachable(server, options.certificate?.content)),
    close: (graceMs = CLOSE_GRACE_MS) => {
      const { running } = requests;
      const hold = () => requests.hold();
      closing ??= closeServer({ servers, connections, running, hold }, graceMs).finally(stopWatching);
      return closing;
    },
  };
}

/** @param prepare called with each server once it listens, before it accepts */
async function openAll(
  listeners: readonly Listener[],
  { certificate, headerLimitMs = HEADER_LIMIT_MS }: ListenOptions,
  prepare: (server: HttpServer) => void,
): Promise<HttpServer[]> {
  // The time to receive a request is unlimited, because blobs of many gigabytes are uploaded.
  const options = {
    requestTimeout: 0,
    headersTimeout: headerLimitMs,
    connectionsCheckingInterval: Math.min(HEADER_CHECK_MS, headerLimitMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const servers: HttpServer[] = [];
  try {
    for (const listener of listeners) {
      const server = createHttpServer(listener, options, certificate?.content);
      await openListener(server, listener);
      prepare(server);
      if (isSecureServer(server))
        certificate?.onChange((content) => server.setSecureContext(secureContextOf(content)));
      servers.push(server);
    }
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return servers;
}

function watchConnections(server: HttpServer, connections: Connections, logger: Logger): void {
  const arrival = arrivalBy(server);
  if (isSecureServer(server)) {
    watchHandshakes(server, { connections, arrival, logger });
    return;
  }
  server.on('connection', (socket) => {
    noteArrival(socket, arrival);
    connections.add(socket);
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
    this.#listener = getRequestListener(
      async (request, bindings) => {
        const reply = await app.fetch(request, bindings);
        const { outgoing } = bindings;
        return outgoing instanceof ServerResponse &&
          (sendPieces(reply, outgoing) || sendChunks(reply, outgoing))
          ? alreadySent()
          : reply;
      },
      { overrideGlobalObjects: false },
    );
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

/** Tells the HTTP adapter that there is nothing left to send. */
function alreadySent(): Response {
  return new Response(null, { headers: { 'x-hono-already-sent': 'true' } });
}

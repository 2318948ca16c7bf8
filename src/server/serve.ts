import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { OllamaError, systemCode } from '../base/errors.ts';
import type { ServerApp } from './app.ts';
import { type QuickReplies, quickReply } from './reply/quick-replies.ts';

/** How long running requests may continue after the server starts to close. */
const CLOSE_GRACE_MS = 5000;
const CLOSE_POLL_MS = 50;
/** Longer than the idle timeout of common HTTP clients, so that they never use a connection closed by the server. */
const KEEP_ALIVE_MS = 75_000;

/** Where a server listens. */
export interface ListenAddress {
  /** Name or address; "" = all interfaces. */
  readonly host: string;
  /** 0 picks any free port. */
  readonly port: number;
}

/** An open port. */
export interface ListeningServer {
  /** With the port in use, for example "http://127.0.0.1:11434". */
  readonly url: string;
  readonly port: number;
  /**
   * Stops accepting connections, lets running requests finish for a while, then cuts them off. Safe to call twice.
   * @param graceMs milliseconds; absent = 5000
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Opens a port for the application.
 * @param replies constant replies that bypass the application, by path
 * @throws OllamaError `internal` with a clear text when the address cannot be used
 */
export async function listen(
  app: ServerApp,
  { host, port }: ListenAddress,
  replies: QuickReplies = new Map(),
): Promise<ListeningServer> {
  const answersQuickly = quickReply(replies);
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    overrideGlobalObjects: false,
  });
  // Connections that have not sent a request yet. Clients open them in advance, and Node does not count them as idle.
  const unused = new Set<Socket>();
  // The time to receive a request is unlimited, because blobs of many gigabytes are uploaded.
  const server = createServer(
    { requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS },
    (incoming, outgoing) => {
      unused.delete(incoming.socket);
      if (answersQuickly(incoming, outgoing)) return;
      void listener(incoming, outgoing);
    },
  );
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, { host, port })));
    server.listen(port, host === '' ? undefined : host, resolve);
  });
  const address = server.address() as AddressInfo;
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    port: address.port,
    close: async (graceMs = CLOSE_GRACE_MS) => {
      server.close();
      for (const socket of unused) socket.destroy();
      // A kept-alive connection becomes idle only after its running request has ended.
      const idle = setInterval(() => server.closeIdleConnections(), CLOSE_POLL_MS);
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearInterval(idle);
      clearTimeout(deadline);
    },
  };
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

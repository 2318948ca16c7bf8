/** Connections of a TLS listener until their handshake is complete. */
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { systemCode } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Connections } from '../../connections/connections.ts';
import { type Arrival, noteArrival } from '../arrivals.ts';

/** A handshake takes three round trips and a signature: a second even over a very slow line. */
export const HANDSHAKE_LIMIT_MS = 20_000;
/** Clients with a wrong configuration come back every second, and anybody can make as many failures as he likes. */
const REPORT_INTERVAL_MS = 60_000;

const plainError = 'this port speaks HTTPS only: use an address that begins with https://';
const plainBody = JSON.stringify({ error: plainError });
const PLAIN_REPLY = [
  // A reply to HEAD has no body.
  `HTTP/1.1 400 ${plainError}`,
  'Connection: close',
  'Content-Type: application/json; charset=utf-8',
  `Content-Length: ${Buffer.byteLength(plainBody)}`,
  '',
  plainBody,
].join('\r\n');

/** Failures of clients that have left, or that have been told to. */
const ordinary = new Set(['ECONNRESET', 'EPIPE', 'ERR_SSL_UNEXPECTED_EOF_WHILE_READING']);

interface Parts {
  readonly connections: Connections;
  readonly arrival: Arrival;
  readonly logger: Logger;
}

/** Counts a connection from its first byte on, although another object stands for it after the handshake. */
export function watchHandshakes(server: SecureServer, { connections, arrival, logger }: Parts): void {
  const raw = new Map<string, Socket>();
  const reports = new Reports(logger);
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    raw.set(key, socket);
    socket.once('close', () => {
      if (raw.get(key) === socket) raw.delete(key);
    });
    connections.add(socket, 'in handshake');
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    noteArrival(socket, arrival);
    connections.replace(raw.get(keyOf(socket)), socket);
  });
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    // A client whose certificate is refused appears as one that has reset its connection.
    const code = refusalOf(socket) ?? systemCode(error) ?? error.message;
    // The reply is written below TLS, which the client does not speak.
    if (code === 'ERR_SSL_HTTP_REQUEST') raw.get(keyOf(socket))?.end(PLAIN_REPLY);
    if (!ordinary.has(code)) reports.failed(code, socket.remoteAddress);
  });
}

/** Why the client's certificate is not accepted, such as "CERT_HAS_EXPIRED"; it is a text, whatever its type says. */
function refusalOf({ authorizationError }: TLSSocket): string | undefined {
  const reason: unknown = authorizationError;
  return reason === null || reason === undefined ? undefined : String(reason);
}

/** Both objects of a connection have the same addresses. Those of a connection that was reset have none. */
function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}

class Reports {
  readonly #logger: Logger;
  #last = Number.NEGATIVE_INFINITY;
  #unreported = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  failed(reason: string, client: string | undefined): void {
    const now = performance.now();
    if (now - this.#last < REPORT_INTERVAL_MS) {
      this.#unreported += 1;
      this.#logger.debug('TLS handshake failed', { client, reason });
      return;
    }
    const others = this.#unreported > 0 ? { failuresSinceTheLastLine: this.#unreported } : {};
    this.#logger.warn('TLS handshake failed; the client is refused', { client, reason, ...others });
    this.#last = now;
    this.#unreported = 0;
  }
}

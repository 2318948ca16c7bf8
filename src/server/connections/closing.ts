/**
 * Closes a server so that no client sees a reset connection. The kernel resets every connection that it has accepted on
 * our behalf and that we have not, at the moment when the listening socket closes. So the listener stays open to the end,
 * and then the replies are held back until nobody connects any more: a client that waits for a reply does not connect
 * again.
 */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server as NetServer } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Connections } from './connections.ts';

const LOOK_MS = 5;
/** Without a new connection for this long, all clients are taken to wait for a reply, or to have left. */
const QUIET_MS = 50;
/** Clients that open connections without waiting for replies must not keep the server from closing. */
const MAX_HOLD_MS = 1000;
/** A turn of the event loop without events takes a few hundredths of this. A longer one was interrupted by others. */
const SHORT_TURN_MS = 0.5;
/** Time for the last replies to be written, and for their clients to read them, before the rest is cut off. */
const LINGER_MS = 500;

export interface ClosingParts {
  /** All listeners. */
  readonly servers: readonly (HttpServer | HttpsServer)[];
  readonly connections: Connections;
  /** The replies that have begun. */
  readonly running: ReadonlySet<ServerResponse>;
  /** Delays the handling of requests until the returned function is called. */
  readonly hold: () => () => void;
}

/**
 * Waits for the replies that have begun, then closes the listeners and the connections.
 * @param graceMs milliseconds until these replies are cut off, Infinity = never; later ones only get a moment
 */
export async function closeServer(
  { servers, connections, running, hold }: ClosingParts,
  graceMs: number,
): Promise<void> {
  const begun = [...running];
  await until(() => begun.every((reply) => !running.has(reply)), graceMs);
  for (const reply of begun) if (running.has(reply)) reply.socket?.destroy();
  const release = hold();
  await untilQuiet(connections);
  const closed = servers.map((server) => new Promise<void>((resolve) => server.once('close', resolve)));
  // The server's own `close` would also destroy the idle connections, some of which carry a request that is on its way.
  for (const server of servers) NetServer.prototype.close.call(server);
  release();
  // Held requests begin in this turn of the event loop or the next.
  await pause(LOOK_MS);
  connections.endWaiting();
  await until(() => connections.count === 0, LINGER_MS);
  connections.closeAll();
  for (const server of servers) server.closeAllConnections();
  await Promise.all(closed);
  // Ends the timer with which Node looks for slow headers.
  for (const server of servers) server.close();
}

/**
 * Waits until no connection has arrived for a while, and returns right after the system was asked for new ones: those
 * that arrive between that question and the close are reset.
 */
async function untilQuiet(connections: Pick<Connections, 'lastAcceptedAt'>): Promise<void> {
  const deadline = performance.now() + MAX_HOLD_MS;
  const isQuiet = () => performance.now() - connections.lastAcceptedAt >= QUIET_MS;
  for (let turn = performance.now(); turn < deadline; turn = performance.now()) {
    if (!isQuiet()) await pause(LOOK_MS);
    else {
      // The event loop accepts connections between two of these.
      await nextTurn();
      if (isQuiet() && performance.now() - turn < SHORT_TURN_MS) return;
    }
  }
}

async function until(isReached: () => boolean, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!isReached() && performance.now() < deadline) await pause(LOOK_MS);
}

/** Time for the rest of a body that nobody reads. */
const UNREAD_MS = 300;

/**
 * Reads the rest of a refused request for a moment. Closing a connection with unread bytes resets it, and the client may
 * then lose the reply.
 */
export function discardBody(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, UNREAD_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    incoming.once('end', done).once('close', done).resume();
  });
}

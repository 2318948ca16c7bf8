/** By which listener a connection came. What it may do, and what the log calls its client, depends on that. */
import type { Socket } from 'node:net';

/** What is known of all connections of one listener. */
export interface Arrival {
  /** Whether they came over a socket file of this machine. */
  readonly isUnix: boolean;
  /** Whether only names of this machine may be in their Host header, because a browser reaches the listener by others too. */
  readonly needsLocalName: boolean;
}

/** What logs and the queue call the client at the other end of a socket file, which has no address. */
const UNIX_CLIENT = 'unix';

const arrivals = new WeakMap<Socket, Arrival>();

/** Must be called with each connection before its first request. */
export function noteArrival(socket: Socket, arrival: Arrival): void {
  arrivals.set(socket, arrival);
}

/** @returns undefined for connections that `listen` has not accepted */
export function arrivalOf(socket: Socket): Arrival | undefined {
  return arrivals.get(socket);
}

/** The client's IP address, or "unix"; undefined when the client has just reset the connection. */
export function clientAddress(socket: Socket): string | undefined {
  return arrivals.get(socket)?.isUnix ? UNIX_CLIENT : socket.remoteAddress;
}

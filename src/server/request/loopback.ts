import { BlockList, isIPv6 } from 'node:net';
import { OllamaError } from '../../base/errors.ts';
import { arrivalOf } from '../listening/arrivals.ts';
import type { RequestContext } from '../server-parts.ts';
import { isLocalHost, isOwnName } from './local-host.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

/** Headers with which proxies mark forwarded requests. */
const proxyHeaders = ['Forwarded', 'X-Forwarded-For', 'X-Real-IP', 'Via'] as const;

/**
 * Version of HTTP that the programs of a machine speak. nginx before 1.29.7 speaks 1.0 unless it is told otherwise, and marks
 * nothing that it forwards.
 */
const LOCAL_VERSION = '1.1';

/**
 * Whether the client is a program on this machine, as far as its connection shows. A web page whose own name was made to
 * point to this machine sends that name as Host.
 */
export function isLocalClient(context: RequestContext): boolean {
  const incoming = context.env?.incoming;
  // A request without a connection comes from a test or a program that embeds the server.
  const isLocal =
    incoming === undefined ||
    (incoming.httpVersion === LOCAL_VERSION &&
      (arrivalOf(incoming.socket)?.isUnix === true || isLoopback(incoming.socket.remoteAddress)) &&
      isLocalHost(context.req.header('Host') ?? ''));
  return isLocal && proxyHeaders.every((name) => context.req.header(name) === undefined);
}

/** @param address absent when the client has just reset the connection */
function isLoopback(address: string | undefined): boolean {
  return address !== undefined && loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * @param what the restricted action, as the beginning of the error message
 * @throws OllamaError `forbidden` unless the client is on this machine
 */
export function requireLocalClient(context: RequestContext, what: string): void {
  if (isLocalClient(context)) return;
  throw new OllamaError(
    'forbidden',
    `${what} only over the loopback address of the server's machine or its socket file`,
  );
}

/**
 * For what a page must not reach whose name was made to point to this machine. Names under .local can be given by any machine of
 * the network, and browsers say nothing about the pages under them.
 * @param what the restricted action, as the beginning of the error message
 * @throws OllamaError `forbidden` unless the request names this machine by an address, or by a name that is nobody else's
 */
export function requireOwnName({ env, req }: RequestContext, what: string): void {
  if (env?.incoming === undefined || isOwnName(req.header('Host') ?? '')) return;
  throw new OllamaError('forbidden', `${what} only under the name "localhost" or an address`);
}

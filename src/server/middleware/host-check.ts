import { BlockList, isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { MiddlewareHandler } from 'hono';
import { OllamaError } from '../../base/errors.ts';
import { dialectError } from '../reply/dialect.ts';
import type { ServerEnvironment } from '../server-parts.ts';

/** Loopback, private and unspecified addresses. A browser that followed a public DNS name never sends them as Host. */
const localAddresses = new BlockList();
localAddresses.addSubnet('127.0.0.0', 8);
localAddresses.addSubnet('10.0.0.0', 8);
localAddresses.addSubnet('172.16.0.0', 12);
localAddresses.addSubnet('192.168.0.0', 16);
localAddresses.addAddress('0.0.0.0');
localAddresses.addAddress('::1', 'ipv6');
localAddresses.addAddress('::', 'ipv6');
localAddresses.addSubnet('fc00::', 7, 'ipv6');

const localSuffixes = ['.localhost', '.local', '.internal'];

/**
 * Prevents DNS rebinding: a server that listens on the loopback address answers only to local host names. A page on
 * evil.example still sends its own name as Host after that name has been pointed to 127.0.0.1.
 * @param boundHost the address that the server listens on
 */
export function hostCheck(boundHost: string): MiddlewareHandler<ServerEnvironment> {
  const isBoundToLoopback = isLoopback(boundHost);
  return async (context, next) => {
    if (isBoundToLoopback && !isLocalHost(context.req.header('Host') ?? '')) {
      const message =
        'this server only answers to local host names: set OLLAMA_HOST to listen on the network';
      return dialectError(context.req.path, new OllamaError('forbidden', message));
    }
    if (context.req.method === 'OPTIONS') return new Response(null, { status: 204 });
    return next();
  };
}

function isLoopback(host: string): boolean {
  const name = unbracket(host);
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** Returns whether a Host header ("name:port") names this machine. */
export function isLocalHost(header: string): boolean {
  const name = unbracket(header.replace(/:\d+$/, '')).toLowerCase();
  const version = isIP(name);
  if (version !== 0) {
    return localAddresses.check(name, version === 6 ? 'ipv6' : 'ipv4') || isOwnAddress(name);
  }
  if (name === '' || name === 'localhost' || name === hostname().toLowerCase()) return true;
  return localSuffixes.some((suffix) => name.endsWith(suffix));
}

function unbracket(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function isOwnAddress(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === address));
}

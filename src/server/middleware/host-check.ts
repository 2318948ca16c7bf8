import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { OllamaError } from '../../base/errors.ts';
import { arrivalOf } from '../listening/arrivals.ts';
import { dialectError } from '../reply/dialect.ts';
import { isLocalHost, unbracket } from '../request/local-host.ts';
import type { ServerEnvironment } from '../server-parts.ts';

/**
 * Prevents DNS rebinding: a server that listens on the loopback address answers only to local host names. A page on
 * evil.example still sends its own name as Host after that name has been pointed to 127.0.0.1. The same holds for a socket
 * file, in front of which a local program may listen on that address.
 * @param boundHost the address that the server listens on, for requests of which the listener is not known
 */
export function hostCheck(boundHost: string): MiddlewareHandler<ServerEnvironment> {
  const isBoundToLoopback = isLoopback(boundHost);
  return async (context, next) => {
    const socket = context.env?.incoming?.socket;
    const needsLocalName = (socket && arrivalOf(socket)?.needsLocalName) ?? isBoundToLoopback;
    if (needsLocalName && !isLocalHost(context.req.header('Host') ?? '')) {
      const message =
        'this server only answers to local host names: set OLLAMA_HOST to listen on the network';
      return dialectError(context, new OllamaError('forbidden', message));
    }
    if (context.req.method === 'OPTIONS') return new Response(null, { status: 204 });
    return next();
  };
}

function isLoopback(host: string): boolean {
  const name = unbracket(host);
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { OllamaError } from '../../base/errors.ts';

/** Routers and their spares; each costs memory for what it has not read. */
const MOST_PEERS = 64;

/**
 * Listens at "tcp://host:port"; the host `*` means all interfaces.
 * @throws OllamaError `invalid-request` for another address; system errors, such as EADDRINUSE
 */
export async function listenAt(address: string, onPeer: (socket: Socket) => void): Promise<Server> {
  const [, host = '', port = ''] = /^tcp:\/\/(.+):(\d+)$/.exec(address) ?? [];
  if (host === '')
    throw new OllamaError('invalid-request', `"${address}" is not an address such as tcp://host:port`);
  const server = createServer(onPeer);
  server.maxConnections = MOST_PEERS;
  const bare = host.replace(/^\[|\]$/g, '');
  server.listen({ port: Number(port), ...(bare !== '*' && { host: bare }) });
  await once(server, 'listening');
  return server;
}

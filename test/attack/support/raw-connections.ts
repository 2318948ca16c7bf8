import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Opens connections that send nothing by themselves. Errors are ignored: the server may close any of them. */
export async function openConnections(server: { readonly url: string }, count: number): Promise<Socket[]> {
  const { hostname, port } = new URL(server.url);
  const sockets: Socket[] = [];
  // Not all at once, because the kernel holds only 511 for the server.
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(100, count - sockets.length) }, () => {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      return Promise.race([once(socket, 'connect'), once(socket, 'close')]).then(() => socket);
    });
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

/** All that the server sends until it closes the connection, also if it does not read what still arrives then, which is a reset. */
export async function textUntilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  // `once` of node:events would reject at the reset.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

/** The beginning of a request with a body. */
export function postHeader(path: string, length: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;
}

import { expect, it } from 'vitest';
import type { RequestContext } from '../server-parts.ts';
import { isLocalClient } from './loopback.ts';

/** @param address of the connection; null = reset already; absent = no connection */
function request(
  headers: Record<string, string>,
  address?: string | null,
  httpVersion = '1.1',
): RequestContext {
  const socket = { remoteAddress: address ?? undefined };
  const incoming = address === undefined ? undefined : { socket, httpVersion };
  return { env: { incoming }, req: { header: (name: string) => headers[name] } } as unknown as RequestContext;
}

it.each<[string, Record<string, string>, string | null | undefined, boolean, httpVersion?: string]>([
  ['over the loopback address', { Host: 'localhost:11434' }, '127.0.0.1', true],
  ['over IPv6', { Host: '[::1]:11434' }, '::1', true],
  ['by a mapped address', { Host: '127.0.0.1' }, '::ffff:127.0.0.1', true],
  ['without a connection, as in tests', {}, undefined, true],
  ['from another machine', { Host: 'localhost' }, '192.168.1.9', false],
  ['over a connection that was reset', { Host: 'localhost' }, null, false],
  ['of a proxy', { Host: 'localhost', 'X-Forwarded-For': '192.0.2.1' }, '127.0.0.1', false],
  ['of a proxy that marks nothing', { Host: 'localhost' }, '127.0.0.1', false, '1.0'],
  ['of a page whose name points to this machine', { Host: 'evil.example:11434' }, '127.0.0.1', false],
])('a request %s is local or not', (_, headers, address, isLocal, version) => {
  expect(isLocalClient(request(headers, address, version))).toBe(isLocal);
});

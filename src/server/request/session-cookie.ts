import type { TLSSocket } from 'node:tls';
import { SESSION_SECONDS } from '../../access/sessions.ts';
import type { RequestContext } from '../server-parts.ts';

const NAME = 'ollama_session';
/** The form of our tokens. */
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/** The session cookie of a request; undefined if it has none. */
export function sessionCookie({ req }: RequestContext): string | undefined {
  const header = req.header('Cookie');
  if (header === undefined || !header.includes(NAME)) return undefined;
  for (const part of header.split(';')) {
    const [name, value = ''] = part.split('=', 2);
    if (name?.trim() === NAME && VALUE.test(value.trim())) return value.trim();
  }
  return undefined;
}

/**
 * The header that sets the cookie. No script can read it, and a browser sends it only from pages of this server.
 * @param value "" removes it
 */
export function cookieHeader(context: RequestContext, value: string): Record<string, string> {
  const seconds = value === '' ? 0 : SESSION_SECONDS;
  const secure = isEncrypted(context) ? '; Secure' : '';
  return {
    'Set-Cookie': `${NAME}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`,
  };
}

/** Whether the browser speaks TLS, with this server or with the proxy before it. */
function isEncrypted({ env, req }: RequestContext): boolean {
  const socket = env?.incoming?.socket as Partial<TLSSocket> | undefined;
  return socket?.encrypted === true || req.header('X-Forwarded-Proto')?.toLowerCase() === 'https';
}

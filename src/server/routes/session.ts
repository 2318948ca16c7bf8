import type { CallerKey } from '../../access/caller-key.ts';
import { timeText } from '../../access/key-info.ts';
import type { Session } from '../../access/sessions.ts';
import { type SessionResponse, sessionRequestSchema } from '../../api/session.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { cookieHeader, sessionCookie } from '../request/session-cookie.ts';
import type { Route, ServerParts } from '../server-parts.ts';

const NOT_KEPT = { 'Cache-Control': 'no-store' } as const;

/** Sessions of web pages, which keep no key: it is exchanged for a cookie that scripts cannot read. */
export function sessionRoute({ keys }: Pick<ServerParts, 'keys'>): Route {
  return {
    path: '/api/session',
    handlers: {
      GET: (context) => {
        const cookie = sessionCookie(context);
        const found = cookie === undefined ? undefined : keys.findSession(cookie);
        if (found) return jsonReply(described(found.session, found.key), NOT_KEPT);
        // Not an error: a page asks before it knows, and browsers report errors to whoever reads their console.
        return new Response(null, { status: 204, headers: NOT_KEPT });
      },
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, sessionRequestSchema, bodyLimits.names);
        const { cookie, session, key } = keys.openSession(request.key.trim());
        const body = described(session, key);
        return jsonReply(body, { ...headers, ...NOT_KEPT, ...cookieHeader(context, cookie) });
      },
      DELETE: (context) => {
        const cookie = sessionCookie(context);
        if (cookie !== undefined) keys.closeSession(cookie);
        return new Response(null, { headers: { ...NOT_KEPT, ...cookieHeader(context, '') } });
      },
    },
  };
}

function described({ csrfToken, expiresAt }: Session, { id, name, scopes }: CallerKey): SessionResponse {
  return {
    csrf_token: csrfToken,
    expires_at: timeText(expiresAt),
    key: { id, name, scopes: [...scopes] },
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLocalHost } from '../request/local-host.ts';

/** Constant bodies of GET requests, by path. */
export type QuickReplies = ReadonlyMap<string, object>;

type QuickReply = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/**
 * Answers frequent health checks without the framework. Requests with an origin or a foreign host, and those of
 * browsers, go through the framework, because they may have to be refused.
 * @returns whether the request was answered
 */
export function quickReply(replies: QuickReplies): QuickReply {
  const bodies = new Map([...replies].map(([path, body]) => [path, Buffer.from(JSON.stringify(body))]));
  return ({ method, url = '', headers }, outgoing) => {
    const body = bodies.get(url);
    if (!body || method !== 'GET' || headers.origin !== undefined) return false;
    if (headers['sec-fetch-site'] !== undefined) return false;
    if (!isLocalHost(headers.host ?? '')) return false;
    const length = String(body.length);
    outgoing.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': length });
    outgoing.end(body);
    return true;
  };
}

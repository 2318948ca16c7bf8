import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLocalHost } from '../middleware/host-check.ts';

/** Bodies of GET requests that never change, by path. */
export type QuickReplies = ReadonlyMap<string, object>;

type QuickReply = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/**
 * Answers what health checks ask over and over, without the framework. Requests with an origin, and those for another
 * host than this machine, go the long way: they may have to be refused.
 * @returns whether it has answered
 */
export function quickReply(replies: QuickReplies): QuickReply {
  const bodies = new Map([...replies].map(([path, body]) => [path, Buffer.from(JSON.stringify(body))]));
  return ({ method, url = '', headers }, outgoing) => {
    const body = bodies.get(url);
    if (!body || method !== 'GET' || headers.origin !== undefined) return false;
    if (!isLocalHost(headers.host ?? '')) return false;
    const length = String(body.length);
    outgoing.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': length });
    outgoing.end(body);
    return true;
  };
}

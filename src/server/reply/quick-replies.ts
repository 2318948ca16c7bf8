import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLocalHost } from '../request/local-host.ts';
import { newRequestId } from '../request/request-id.ts';
import { JSON_TYPE } from './http-reply.ts';

/** Constant bodies of GET requests, by path. */
export type QuickReplies = ReadonlyMap<string, object>;

type QuickReply = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/**
 * Answers frequent health checks without the framework. Requests with an origin or a foreign host, and those of
 * browsers, go through the framework, because they may have to be refused; so do those with an ID of their own.
 * @returns whether the request was answered
 */
export function quickReply(replies: QuickReplies): QuickReply {
  const bodies = new Map([...replies].map(([path, body]) => [path, Buffer.from(JSON.stringify(body))]));
  return ({ method, url = '', headers }, outgoing) => {
    const body = bodies.get(url);
    if (!body || method !== 'GET' || headers.origin !== undefined) return false;
    if (headers['sec-fetch-site'] !== undefined || headers['x-request-id'] !== undefined) return false;
    if (!isLocalHost(headers.host ?? '')) return false;
    outgoing.writeHead(200, {
      'Content-Type': JSON_TYPE,
      'Content-Length': String(body.length),
      'X-Request-Id': newRequestId(undefined),
    });
    outgoing.end(body);
    return true;
  };
}

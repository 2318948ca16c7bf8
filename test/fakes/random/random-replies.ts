/** Replies of registries and web servers that are almost right, or not right at all. */
import { encodeReply, type PlainReply, type Wire } from '../servers/mangled-server.ts';
import type { Random } from './random-bodies.ts';
import { randomBody } from './random-bodies.ts';

/** How many replies leave their connection open: few, because the client has to wait until it gives up. */
const SHARE_STAYING = 0.02;

const statuses = [
  200, 201, 204, 206, 301, 302, 307, 308, 304, 400, 401, 403, 404, 416, 429, 500, 503, 600, 999,
];
const strangeHeaders: readonly (readonly [string, string])[] = [
  ['Content-Range', 'bytes 0-0/1'],
  ['Content-Range', 'bytes 5-1/3'],
  ['Content-Range', 'bytes 0-99999999999999999999/99999999999999999999'],
  ['Content-Range', 'bytes */*'],
  ['Content-Range', 'items a-b/c'],
  ['Content-Length', '99999999999'],
  ['Content-Length', '-1'],
  ['Content-Length', '1e3'],
  ['Content-Length', '0'],
  ['Content-Encoding', 'gzip'],
  ['Content-Encoding', 'br'],
  ['Content-Encoding', 'x'.repeat(2000)],
  ['Transfer-Encoding', 'chunked'],
  ['Content-Type', 'text/html'],
  ['ETag', ''],
  ['ETag', `"${'e'.repeat(5000)}"`],
  ['ETag', 'W/"weak"'],
  ['Last-Modified', 'never'],
  ['Location', '/'],
  ['Location', 'http://169.254.169.254/'],
  ['Location', 'file:///etc/passwd'],
  ['Location', '//'],
  ['Location', '\u00ff\u00fe'],
  ['Retry-After', '99999999999'],
  ['Retry-After', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ['Link', '<https://huggingface.co/x?cursor=a>; rel="next"'],
  ['Link', `<${'<'.repeat(500)}>; rel="next"`],
  ['WWW-Authenticate', 'Bearer realm="http://127.0.0.1/token"'],
  ['WWW-Authenticate', `Bearer ${'a="b",'.repeat(900)}`],
  ['WWW-Authenticate', 'Basic'],
  ['Docker-Content-Digest', 'sha256:0'],
  ['X'.repeat(3000), 'y'],
  ['X-Null', 'a\u0000b'],
];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** Damages a reply in one to three places: its JSON, its bytes, its headers, its status, or its frame. */
export function mangle(random: Random, reply: PlainReply): Wire {
  let damaged = reply;
  const changes = 1 + Math.floor(random() * 3);
  for (let count = 0; count < changes; count += 1) damaged = changed(random, damaged);
  let bytes = encodeReply(damaged);
  if (random() < 0.1) bytes = bytes.subarray(0, Math.floor(random() * bytes.length));
  if (random() < 0.05) bytes = withBytes(random, bytes);
  return { bytes, stays: random() < SHARE_STAYING };
}

function changed(random: Random, reply: PlainReply): PlainReply {
  const kind = random();
  if (kind < 0.4) return withBody(reply, changedBody(random, reply.body), random() < 0.9);
  if (kind < 0.55) return { ...reply, status: pick(random, statuses) };
  if (kind < 0.65 && reply.headers.length > 0) {
    const lost = pick(random, reply.headers);
    return { ...reply, headers: reply.headers.filter((header) => header !== lost) };
  }
  return { ...reply, headers: [...reply.headers, pick(random, strangeHeaders)] };
}

function changedBody(random: Random, body: Uint8Array): Uint8Array {
  const json = parse(body);
  if (json !== undefined && random() < 0.8) return Buffer.from(randomBody(random, json));
  if (random() < 0.2) return Buffer.concat([body, body.subarray(0, 100)]);
  if (random() < 0.2) return Buffer.from('[{"errors":'.repeat(2000));
  return withBytes(random, body);
}

/** @param isFramed whether the stated length follows the body */
function withBody(reply: PlainReply, body: Uint8Array, isFramed: boolean): PlainReply {
  if (!isFramed) return { ...reply, body };
  const others = reply.headers.filter(([name]) => name !== 'Content-Length');
  return { ...reply, headers: [...others, ['Content-Length', String(body.length)]], body };
}

function withBytes(random: Random, bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = 0; count < 1 + random() * 8 && copy.length > 0; count += 1)
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  return copy;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
